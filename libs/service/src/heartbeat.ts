import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Queryable } from '@swfx/database';

export interface Heartbeat {
  /** This process's id among the instances of its service. */
  readonly instanceId: string;
  stop(): Promise<void>;
}

const intervalMs = 10_000;

/**
 * Tells Postgres every ten seconds that this process lives and which tasks it works on. A beat that fails is skipped:
 * it is a hint for people, and the next one comes. Instances unseen for an hour are forgotten.
 */
export function startHeartbeat(
  db: Queryable,
  self: { service: string; version: string; tasks: readonly string[] },
): Heartbeat {
  const instanceId = randomUUID();
  const beat = () =>
    db
      .query(
        `INSERT INTO service_instance (id, service, version, host, pid, tasks) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (id) DO UPDATE SET heartbeat_at = now()`,
        [instanceId, self.service, self.version, hostname(), process.pid, self.tasks],
      )
      .then(() => db.query(`DELETE FROM service_instance WHERE heartbeat_at < now() - interval '1 hour'`))
      .then(
        () => undefined,
        () => undefined,
      );
  void beat();
  const timer = setInterval(() => void beat(), intervalMs);
  return {
    instanceId,
    async stop() {
      clearInterval(timer);
      await db.query('DELETE FROM service_instance WHERE id = $1', [instanceId]).catch(() => undefined);
    },
  };
}
