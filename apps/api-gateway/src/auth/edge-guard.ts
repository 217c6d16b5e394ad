/**
 * An edge gateway stands where attackers get to first, so it must hold nothing that can sign, and nothing that tells
 * who may log in: not in its configuration, which refuses the keys, and not by way of its database role, which is
 * looked at here, at the start and from then on. An edge that could reach a private key lets nobody through.
 */
import type { Queryable } from '@swfx/database';
import { AppError, errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import { refuseBearer } from '@swfx/signing-keys';
import type { Authenticate } from './authenticate';

export interface EdgeGuard {
  /** What the last look at the role's rights has shown; `unknown` while Postgres could not be asked. */
  rights(): 'unknown' | 'harmless' | 'excessive';
  /** The first look; throws `invalid_configuration` when the role can do what it must not. */
  first(): Promise<void>;
  /** Looks now rather than at the next time. */
  look(): Promise<void>;
  stop(): void;
}

const retryMs = 5_000;
/** Rights can be granted at any time, if only by mistake. */
const lookAgainMs = 60_000;

/** What the role of this connection may do and an edge must not, as words for people. */
export async function excessivePrivileges(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ excess: string }>(
    `SELECT privilege || ' on ' || name AS excess
     FROM (VALUES ('signing_key_private', 'SELECT'), ('signing_key_private', 'INSERT'),
                  ('signing_key', 'INSERT'), ('signing_key', 'UPDATE'), ('key_set', 'UPDATE'),
                  ('app_user', 'SELECT'), ('app_user', 'INSERT'), ('app_user', 'UPDATE'),
                  ('refresh_token', 'SELECT'), ('refresh_token', 'INSERT'), ('refresh_token', 'UPDATE'))
          AS forbidden (name, privilege)
     WHERE has_any_column_privilege(name, privilege)
     UNION ALL
     -- Also of one whose rights it does not inherit, and can put on.
     SELECT 'membership in ' || rolname FROM pg_roles
     WHERE rolname IN ('swfx_gateway', 'swfx_rotation', 'swfx_backup', 'swfx_dispatcher', 'swfx_operator')
       AND pg_has_role(oid, 'MEMBER')`,
  );
  return rows.map(({ excess }) => excess);
}

export function createEdgeGuard({ db, logger }: { db: Queryable; logger: Logger }): EdgeGuard {
  let rights: ReturnType<EdgeGuard['rights']> = 'unknown';
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function look(): Promise<string[]> {
    clearTimeout(timer);
    const excess = await excessivePrivileges(db).catch((error: unknown) => {
      logger.warn('The rights of the database role cannot be read', { error: errorMessage(error) });
      return undefined;
    });
    if (excess) rights = excess.length === 0 ? 'harmless' : 'excessive';
    if (!stopped) timer = setTimeout(() => void lookAgain(), excess ? lookAgainMs : retryMs);
    return excess ?? [];
  }
  async function lookAgain(): Promise<void> {
    const excess = await look();
    if (excess.length > 0) logger.error(problem(excess));
  }
  return {
    rights: () => rights,
    async first() {
      const excess = await look();
      if (excess.length > 0) throw new AppError('invalid_configuration', problem(excess));
    },
    look: lookAgain,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** Lets nobody through while the role can do too much. Where its rights are not known, there are no keys to verify with either. */
export function authenticateGuarded(
  guard: Pick<EdgeGuard, 'rights'>,
  authenticate: Authenticate,
): Authenticate {
  return (request, scope) =>
    guard.rights() === 'excessive'
      ? Promise.resolve({ outcome: 'refused', refusal: refuseBearer('keys_unavailable', scope) })
      : authenticate(request, scope);
}

function problem(excess: string[]): string {
  return `an edge gateway needs a database role like swfx_edge; this one has ${excess.join(', ')}`;
}
