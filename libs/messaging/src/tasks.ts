/**
 * Background tasks. The truth of what is to be done is a row in Postgres; the BullMQ job is a doorbell whose id
 * names that row. Every replica asks Postgres on a timer what is due and rings for it, so that losing all of Redis
 * delays work and loses none; while Redis is unreachable the replica that found the row runs it itself. `run` must
 * claim its row in Postgres first: the bell may ring twice, and the claim is what makes the work happen once.
 */
import type { Secret } from '@swfx/config';
import { errorMessage } from '@swfx/errors';
import { traceOf, withTrace, type Logger } from '@swfx/logging';
import type { Metrics } from '@swfx/metrics';
import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { closeRedis, connectRedis } from './redis';

/** The published task names: queue names in Redis, `task_name` in metrics. */
export const taskNames = [
  'jwt_key_rotation',
  'db_backup',
  'db_backup_proof',
  'db_restore',
  'backup_retention',
  'backup_copy',
  'alert_delivery',
] as const;
export type TaskName = (typeof taskNames)[number];

/** What a job carries: the row that it is about. Version N reads N-1 and N+1 (unknown fields are ignored). */
export const jobSchema = z.object({ v: z.number().int(), id: z.string().min(1) });

/** How a run ended; `skipped` means that there was nothing to do (another replica has the row), and is not counted. */
export type TaskOutcome = 'success' | 'failure' | 'retry' | 'skipped';

export interface TaskOptions {
  name: TaskName;
  redisUrl: Secret;
  logger: Logger;
  metrics: Metrics;
  /** Ids (UUIDs) of the rows that are due now, by Postgres's clock. */
  due(): Promise<string[]>;
  run(id: string, signal: AbortSignal): Promise<TaskOutcome>;
  /** How often Postgres is asked, ± 20 %. */
  pollMs: number;
  /** Runs at once in this process. */
  concurrency: number;
  /**
   * Whoever finds a row runs it while it has room, and rings only when it has none: for work in which hundredths of a
   * second count and a claim that comes second costs little.
   */
  eager?: boolean;
}

export interface Task {
  readonly name: TaskName;
  /** Rings for a row at once; the poll finds it anyway. */
  ring(id: string): Promise<void>;
  /** Asks Postgres now rather than at the next poll. */
  poll(): Promise<void>;
  /** Whether the loop turns: it last asked Postgres, with or without success, not too long ago. */
  alive(): boolean;
  /** Takes no new work, gives what runs `graceMs` to finish, then aborts its signal and waits a little more. */
  stop(graceMs: number): Promise<void>;
}

/** Starts the poll and the worker of one task. */
export function startTask(options: TaskOptions): Task {
  const { name, logger, metrics, pollMs } = options;
  const command = connectRedis({ url: options.redisUrl, name, role: 'command', logger });
  const blocking = connectRedis({ url: options.redisUrl, name, role: 'worker', logger });
  const queue = new Queue(name, {
    connection: command,
    skipVersionCheck: true,
  });
  const running = new Map<string, Promise<void>>();
  const abort = new AbortController();
  let stopping = false;
  /** Whether the last poll failed: an outage is one log line, not one a poll. */
  let blind = false;
  let lastPollAt = Date.now();
  let timer: NodeJS.Timeout | undefined;

  async function execute(id: string): Promise<void> {
    if (stopping || running.has(id)) return;
    const work = withTrace(traceOf(), () => runOnce(options, id, abort.signal)).finally(() =>
      running.delete(id),
    );
    running.set(id, work);
    await work;
  }

  const worker = new Worker(
    name,
    async (job) => {
      const parsed = jobSchema.safeParse(job.data);
      if (!parsed.success)
        return logger.warn('A job that is not understood was dropped; its row stays due', {
          task: name,
          job: job.id,
        });
      await execute(parsed.data.id);
    },
    {
      connection: blocking,
      concurrency: options.concurrency,
      lockDuration: 15_000,
      stalledInterval: 10_000,
      maxStalledCount: 100,
      skipVersionCheck: true,
    },
  );
  worker.on('error', (error) =>
    logger.debug('Worker connection trouble', { task: name, error: errorMessage(error) }),
  );
  queue.on('error', (error) =>
    logger.debug('Queue connection trouble', { task: name, error: errorMessage(error) }),
  );
  for (const status of ['success', 'failure', 'retry'] as const)
    metrics.zero('celery_task_total', { task_name: name, status });
  metrics.zero('celery_task_duration_seconds', { task_name: name });
  metrics.zero('celery_queue_length', { queue: name });

  async function ring(id: string): Promise<void> {
    const hasRoom = () => !stopping && running.size < options.concurrency;
    if (options.eager && hasRoom()) return runHere(id);
    const rung = await addJob(queue, command, name, id);
    // Redis is away: this replica does the work itself. Other replicas may too; the claim settles it.
    if (!rung && hasRoom()) runHere(id);
  }

  function runHere(id: string): void {
    execute(id).catch((error) =>
      logger.error('A task failed', { task: name, id, error: errorMessage(error) }),
    );
  }

  async function poll(): Promise<void> {
    lastPollAt = Date.now();
    try {
      for (const id of await options.due()) if (!running.has(id)) await ring(id);
      if (blind) logger.info('What is due can be found again', { task: name });
      blind = false;
    } catch (error) {
      if (!blind)
        logger.warn('What is due cannot be found; trying until it can be', {
          task: name,
          error: errorMessage(error),
        });
      blind = true;
    }
    await sampleQueueLength(queue, command, metrics, name);
  }

  async function loop(): Promise<void> {
    await poll();
    if (!stopping) timer = setTimeout(() => void loop(), pollMs * (0.8 + Math.random() * 0.4));
  }
  void loop();

  return {
    name,
    ring,
    poll,
    alive: () => !stopping && Date.now() - lastPollAt < pollMs * 3 + 30_000,
    async stop(graceMs) {
      stopping = true;
      clearTimeout(timer);
      await within(graceMs, Promise.all(running.values()));
      abort.abort(new Error('the service is stopping'));
      await within(5_000, Promise.all(running.values()));
      // A worker whose Redis is away would wait for it for ever; its jobs are rows, so nothing is lost by force.
      await within(2_000, worker.close(command.status !== 'ready'));
      await within(2_000, queue.close());
      await Promise.all([closeRedis(command), closeRedis(blocking)]);
    },
  };
}

async function runOnce(options: TaskOptions, id: string, signal: AbortSignal): Promise<void> {
  const { name, metrics, logger } = options;
  const startedAt = process.hrtime.bigint();
  let outcome: TaskOutcome;
  try {
    outcome = await options.run(id, signal);
  } catch (error) {
    outcome = 'failure';
    logger.error('A task failed', { task: name, id, error: errorMessage(error) });
  }
  if (outcome === 'skipped') return;
  metrics.increment('celery_task_total', { task_name: name, status: outcome });
  metrics.observe('celery_task_duration_seconds', Number(process.hrtime.bigint() - startedAt) / 1e9, {
    task_name: name,
  });
}

/** Rings the bell; false when Redis is not there to carry it. A row that has a job already is not given another. */
async function addJob(queue: Queue, redis: Redis, name: string, id: string): Promise<boolean> {
  if (redis.status !== 'ready') return false;
  return queue.add(name, { v: 1, id }, { jobId: id, removeOnComplete: true, removeOnFail: true }).then(
    () => true,
    () => false,
  );
}

async function sampleQueueLength(queue: Queue, redis: Redis, metrics: Metrics, name: string): Promise<void> {
  if (redis.status !== 'ready') return;
  await queue.getJobCountByTypes('waiting', 'prioritized', 'delayed').then(
    (count) => metrics.set('celery_queue_length', count, { queue: name }),
    () => undefined,
  );
}

async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, limitMs)));
  await Promise.race([work.catch(() => undefined), limit]);
  clearTimeout(timer);
}
