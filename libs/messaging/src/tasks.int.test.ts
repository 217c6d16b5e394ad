import { randomUUID } from 'node:crypto';
import { Secret } from '@swfx/config';
import { createSilentLogger } from '@swfx/logging';
import { createMetrics, generateMetrics, type Metrics } from '@swfx/metrics';
import {
  createTestDatabase,
  createTestRedis,
  startTestRedis,
  waitUntil,
  type TestDatabase,
} from '@swfx/testkit';
import { Registry } from 'prom-client';
import { startTask, type Task, type TaskOptions } from './tasks';

let database: TestDatabase;
const tasks: Task[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  await database.pool.query('CREATE TABLE work (id uuid PRIMARY KEY, done_by text)');
});
afterEach(async () => {
  await Promise.all(tasks.splice(0).map((task) => task.stop(5_000)));
  await database.pool.query('TRUNCATE work');
});
afterAll(() => database.drop());

function metricsOfWorker(): Metrics {
  const names = ['celery_task_total', 'celery_task_duration_seconds', 'celery_queue_length'] as const;
  return createMetrics({
    service: 'test',
    version: '1',
    environment: 'test',
    names,
    registry: new Registry(),
  });
}

/** A task over the rows of `work` that nobody has done; `run` claims its row before it does anything. */
function start(
  redisUrl: string,
  options: Partial<TaskOptions> & { name?: TaskOptions['name'] } = {},
  worker = 'a',
): Task {
  const task = startTask({
    name: 'db_backup',
    redisUrl: new Secret(redisUrl),
    logger: createSilentLogger(),
    metrics: metricsOfWorker(),
    pollMs: 100,
    concurrency: 2,
    due: async () => {
      const { rows } = await database.pool.query<{ id: string }>('SELECT id FROM work WHERE done_by IS NULL');
      return rows.map((row) => row.id);
    },
    run: async (id) => {
      const { rowCount } = await database.pool.query(
        'UPDATE work SET done_by = $2 WHERE id = $1 AND done_by IS NULL',
        [id, worker],
      );
      return rowCount === 1 ? 'success' : 'skipped';
    },
    ...options,
  });
  tasks.push(task);
  return task;
}

async function addWork(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1)
    await database.pool.query('INSERT INTO work (id) VALUES ($1)', [randomUUID()]);
}
async function undone(): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM work WHERE done_by IS NULL',
  );
  return rows[0]?.count ?? -1;
}
const allDone = () => waitUntil(async () => (await undone()) === 0, { timeoutMs: 60_000 });

describe('startTask', () => {
  it('finds due rows by itself, and does each once whatever the number of workers', async () => {
    const redis = await createTestRedis();
    const metrics = [metricsOfWorker(), metricsOfWorker()];
    metrics.forEach((each, index) => start(redis.url, { metrics: each }, `worker ${index}`));
    await addWork(20);
    await allDone();
    await waitUntil(async () => (await successes(metrics)) === 20, { timeoutMs: 30_000 });
    await Promise.all(tasks.splice(0).map((task) => task.stop(5_000)));
    await redis.drop();
  });

  it('does what it finds by itself where haste was asked for, and rings only for what it has no room for', async () => {
    const redis = await createTestRedis();
    const bells: string[] = [];
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await addWork(3);
    start(redis.url, { eager: true, run: async (id) => (bells.push(id), await held, 'success') });
    await waitUntil(() => bells.length === 3);
    const jobs = await redis.client.keys('bull:db_backup:*-*-*');
    expect(jobs.filter((key) => !key.endsWith(':lock'))).toEqual([`bull:db_backup:${bells[2]}`]);
    release();
    await Promise.all(tasks.splice(0).map((task) => task.stop(5_000)));
    await redis.drop();
  });

  it('works without Redis, and goes on when Redis comes back empty', async () => {
    const redis = await startTestRedis();
    start(redis.url);
    await redis.stop();
    await addWork(3);
    await allDone();
    await redis.start();
    await addWork(3);
    await allDone();
    await Promise.all(tasks.splice(0).map((task) => task.stop(5_000)));
    await redis.drop();
  });

  it('counts a run that throws as a failure and offers the row again', async () => {
    const redis = await createTestRedis();
    const metrics = metricsOfWorker();
    let attempts = 0;
    await addWork(1);
    start(redis.url, {
      metrics,
      run: async (id) => {
        attempts += 1;
        if (attempts === 1) throw new Error('first attempt fails');
        await database.pool.query(`UPDATE work SET done_by = 'second' WHERE id = $1`, [id]);
        return 'success';
      },
    });
    await allDone();
    await waitUntil(async () => (await successes([metrics])) === 1, { timeoutMs: 30_000 });
    expect((await generateMetrics(metrics.registry)).body).toContain(
      'celery_task_total{task_name="db_backup",status="failure"} 1',
    );
    await Promise.all(tasks.splice(0).map((task) => task.stop(5_000)));
    await redis.drop();
  });

  it('lets what runs finish when it is stopped, and takes nothing new', async () => {
    const redis = await createTestRedis();
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    let started = false;
    let finished = false;
    await addWork(1);
    const task = start(redis.url, {
      run: async (id) => {
        started = true;
        await released;
        await database.pool.query(`UPDATE work SET done_by = 'me' WHERE id = $1`, [id]);
        finished = true;
        return 'success';
      },
    });
    await waitUntil(() => started, { timeoutMs: 30_000 });
    const stopped = task.stop(60_000);
    await addWork(1);
    release();
    await stopped;
    expect(finished).toBe(true);
    expect(await undone()).toBe(1);
    await redis.drop();
  });
});

async function successes(all: Metrics[]): Promise<number> {
  const bodies = await Promise.all(all.map((metrics) => generateMetrics(metrics.registry)));
  return bodies
    .map(({ body }) =>
      Number(/celery_task_total\{task_name="db_backup",status="success"\} (\d+)/.exec(body)?.[1] ?? 0),
    )
    .reduce((sum, count) => sum + count, 0);
}
