/**
 * An edge gateway stands where attackers get to first, so it must hold nothing that can sign, and nothing that tells
 * who may log in: not in its configuration, which refuses the keys, and not by way of its database role, which is
 * looked at here. An edge that could reach a private key does not serve.
 */
import type { Queryable } from '@swfx/database';
import { AppError, errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';

export interface EdgeGuard {
  /** Whether the role was seen to be harmless. */
  isSafe(): boolean;
  /** The first look; throws `invalid_configuration` when the role can do what it must not. */
  first(): Promise<void>;
  stop(): void;
}

const retryMs = 5_000;

/** What the role of this connection may do and an edge must not, as words for people. */
export async function excessivePrivileges(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ excess: string }>(
    `SELECT privilege || ' on ' || name AS excess
     FROM (VALUES ('signing_key_private', 'SELECT'), ('signing_key_private', 'INSERT'),
                  ('signing_key', 'INSERT'), ('signing_key', 'UPDATE'), ('key_set', 'UPDATE'),
                  ('app_user', 'SELECT'), ('app_user', 'INSERT'), ('app_user', 'UPDATE'),
                  ('refresh_token', 'SELECT'), ('refresh_token', 'INSERT'), ('refresh_token', 'UPDATE'))
          AS forbidden (name, privilege)
     WHERE has_any_column_privilege(name, privilege)`,
  );
  return rows.map(({ excess }) => excess);
}

export function createEdgeGuard({ db, logger }: { db: Queryable; logger: Logger }): EdgeGuard {
  let safe = false;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  /** Undefined when Postgres cannot be asked now. */
  async function look(): Promise<string[] | undefined> {
    const excess = await excessivePrivileges(db).catch((error: unknown) => {
      logger.warn('The rights of the database role cannot be read yet', { error: errorMessage(error) });
      return undefined;
    });
    safe = excess?.length === 0;
    if (!excess && !stopped) timer = setTimeout(() => void lookAgain(), retryMs);
    return excess;
  }
  async function lookAgain(): Promise<void> {
    const excess = await look();
    if (excess && excess.length > 0) logger.error(problem(excess));
  }
  return {
    isSafe: () => safe,
    async first() {
      const excess = await look();
      if (excess && excess.length > 0) throw new AppError('invalid_configuration', problem(excess));
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

function problem(excess: string[]): string {
  return `an edge gateway needs a database role like swfx_edge; this one has ${excess.join(', ')}`;
}
