import { randomUUID } from 'node:crypto';
import type { Pool } from '@swfx/database';
import { Redis } from 'ioredis';

/** What the operator's commands do: writes a request, and rings for it where Redis answers. */
export interface RotatorBell {
  ask(request: { kind: 'rotate' | 'revoke'; kid?: string; force?: boolean }): Promise<string>;
  stop(): void;
}

export function createRotatorBell(pool: Pool, redisUrl: string): RotatorBell {
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: 0, enableOfflineQueue: false });
  redis.on('error', () => undefined);
  return {
    async ask({ kind, kid = null, force = false }: { kind: string; kid?: string | null; force?: boolean }) {
      const id = randomUUID();
      await pool.query(
        `INSERT INTO rotation_request (id, cause, requested_by, kind, kid, force)
         VALUES ($1, 'operator', 'operator:storm', $2, $3, $4)`,
        [id, kind, kid, force],
      );
      const fact = JSON.stringify({ v: 1, data: { requestId: id } });
      await redis.publish('facts.rotation-requested', fact).catch(() => undefined);
      return id;
    },
    stop: () => redis.disconnect(),
  };
}
