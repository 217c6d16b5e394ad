/**
 * Tells within seconds that Postgres or Redis is down, by whatever way is left: the dispatcher is the one service that
 * can still reach people then, and it needs no Prometheus for it. The incident is that of the rules `PostgresDown` and
 * `RedisDown`. Each replica watches for itself: it is over once all that saw it see it answer again.
 */
import { randomUUID } from 'node:crypto';
import type { Alert } from '@swfx/alerts';
import { errorMessage } from '@swfx/errors';
import type { Foundation } from '@swfx/service';
import { decideEngine, engineSeen, type EngineState } from './decide-engine';

export interface EngineWatchOptions {
  foundation: Pick<Foundation, 'pool' | 'redis' | 'logger'>;
  environment: string;
  /** Accepts an alert wherever it is safe now. */
  accept: (alerts: readonly Alert[]) => Promise<void>;
}

const engines = {
  postgres: {
    incident: 'engine:postgres',
    name: 'Postgres',
    impact: 'Alerts are accepted into Redis and sent from there; nothing else that needs it goes on.',
  },
  redis: {
    incident: 'engine:redis',
    name: 'Redis',
    impact: 'Work is found in Postgres and is slower; no work is lost.',
  },
} as const;

type Engine = keyof typeof engines;
const lookMs = 1_000;

/** Starts to look once a second. */
export function watchEngines(options: EngineWatchOptions): { stop(): Promise<void> } {
  const { pool, redis, logger } = options.foundation;
  const answers: Record<Engine, () => Promise<unknown>> = {
    postgres: () => pool.query('SELECT'),
    redis: () => redis.ping(),
  };
  const source = `service:alert-dispatcher:${randomUUID()}`;
  const watches = (Object.keys(engines) as Engine[]).map((engine) => {
    let state: EngineState = { up: true, sinceMs: performance.now(), reportedMs: undefined };
    let looking: Promise<void> = Promise.resolve();
    let isLooking = false;

    async function look(): Promise<void> {
      const up = await answers[engine]().then(
        () => true,
        () => false,
      );
      const nowMs = performance.now();
      state = engineSeen(state, up, nowMs);
      const decision = decideEngine(state, nowMs);
      if (decision === 'nothing') return;
      try {
        await options.accept([engineAlert(engine, decision, { source, env: options.environment })]);
        state = { ...state, reportedMs: decision === 'down' ? nowMs : undefined };
      } catch (error) {
        // Tried again at the next look: with both engines down there is no safe place for it.
        logger.debug('An engine that is down could not be reported', { engine, error: errorMessage(error) });
      }
    }
    /** An engine that hangs is not asked again before it has failed to answer. */
    const timer = setInterval(() => {
      if (isLooking) return;
      isLooking = true;
      looking = look().finally(() => (isLooking = false));
    }, lookMs);
    return { timer, settled: () => looking };
  });
  return {
    async stop() {
      for (const { timer } of watches) clearInterval(timer);
      await Promise.all(watches.map(({ settled }) => settled()));
    },
  };
}

function engineAlert(
  engine: Engine,
  state: 'down' | 'up',
  common: Pick<Alert, 'env'> & { source: string },
): Alert {
  const id = randomUUID();
  const { incident, name, impact } = engines[engine];
  const isDown = state === 'down';
  return {
    id,
    incident,
    status: isDown ? 'firing' : 'resolved',
    kind: `${engine}_down`,
    severity: isDown ? 'critical' : 'info',
    title: isDown ? `${name} is down` : `${name} answers again`,
    error: isDown ? `${name} does not answer the alert dispatcher. ${impact}` : '',
    context: {},
    service: 'alert-dispatcher',
    traceId: id,
    occurredAt: new Date().toISOString(),
    ...common,
  };
}
