import type { Queryable } from '@swfx/database';

/** The state of one thing that a service depends on. */
export type CheckState = 'healthy' | 'unhealthy';

export interface HealthReport {
  status: CheckState;
  timestamp: string;
  version: string;
  checks: Record<string, CheckState>;
}

/** Resolves when the thing is well; rejects, or takes longer than the limit, when it is not. */
export type HealthCheck = () => Promise<unknown>;

const limitMs = 2_500;

/** Asks every check at the same time, each bounded, and reports them by name. It reports; it is never a probe. */
export async function reportHealth(
  checks: Record<string, HealthCheck>,
  version: string,
): Promise<HealthReport> {
  const states = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await stateOf(check)] as const),
  );
  const healthy = states.every(([, state]) => state === 'healthy');
  return {
    status: healthy ? 'healthy' : 'unhealthy',
    timestamp: `${new Date().toISOString().slice(0, 19)}Z`,
    version,
    checks: Object.fromEntries(states),
  };
}

/** Postgres answers. */
export function databaseCheck(db: Queryable): HealthCheck {
  return () => db.query('SELECT 1');
}

/** Redis answers. */
export function redisCheck(redis: { ping(): Promise<unknown> }): HealthCheck {
  return () => redis.ping();
}

/** The workers of this process turn; the published name of the check is `celery`. */
export function workersCheck(tasks: readonly { name: string; alive(): boolean }[]): HealthCheck {
  return async () => {
    const dead = tasks.filter((task) => !task.alive());
    if (dead.length > 0 || tasks.length === 0)
      throw new Error(`no live worker for ${dead.map((task) => task.name).join(', ') || 'any task'}`);
  };
}

/** Some process of the platform works on tasks: for a service that has no workers of its own. */
export function platformWorkersCheck(db: Queryable): HealthCheck {
  return async () => {
    const { rows } = await db.query(
      `SELECT 1 FROM service_instance WHERE cardinality(tasks) > 0 AND heartbeat_at > now() - interval '45 seconds' LIMIT 1`,
    );
    if (rows.length === 0) throw new Error('no live worker');
  };
}

async function stateOf(check: HealthCheck): Promise<CheckState> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<CheckState>(
    (resolve) => (timer = setTimeout(() => resolve('unhealthy'), limitMs)),
  );
  const asked = Promise.resolve()
    .then(check)
    .then(
      () => 'healthy' as const,
      () => 'unhealthy' as const,
    );
  return Promise.race([asked, limit]).finally(() => clearTimeout(timer));
}
