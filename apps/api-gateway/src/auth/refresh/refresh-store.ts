import { randomUUID } from 'node:crypto';
import type { PoolClient, Queryable } from '@swfx/database';
import type { RefreshFacts } from './decide-refresh';

/** How long refresh tokens and their families last. */
export interface RefreshTtls {
  tokenTtlSeconds: number;
  familyTtlSeconds: number;
}

/** Why a family of refresh tokens is over. */
export type FamilyEnd = 'logout' | 'reuse' | 'user_disabled' | 'password_changed';

/** Begins a family with its first token. */
export async function insertFamily(
  client: PoolClient,
  family: { userId: string; tokenHash: Buffer } & RefreshTtls,
): Promise<string> {
  const id = randomUUID();
  await client.query(
    `INSERT INTO refresh_family (id, user_id, expires_at) VALUES ($1, $2, now() + make_interval(secs => $3))`,
    [id, family.userId, family.familyTtlSeconds],
  );
  await insertToken(client, { familyId: id, ...family });
  return id;
}

/** A token of a family; it does not outlast it. */
export async function insertToken(
  client: PoolClient,
  token: { familyId: string; tokenHash: Buffer; tokenTtlSeconds: number },
): Promise<void> {
  await client.query(
    `INSERT INTO refresh_token (token_hash, family_id, issued_at, expires_at)
     SELECT $1, id, statement_timestamp(),
            least(expires_at, statement_timestamp() + make_interval(secs => $3))
     FROM refresh_family WHERE id = $2`,
    [token.tokenHash, token.familyId, token.tokenTtlSeconds],
  );
}

/** Whose token it is. */
export async function findFamily(
  db: Queryable,
  tokenHash: Buffer,
): Promise<{ familyId: string; userId: string } | undefined> {
  const { rows } = await db.query<{ familyId: string; userId: string }>(
    `SELECT f.id AS "familyId", f.user_id AS "userId"
     FROM refresh_token t JOIN refresh_family f ON f.id = t.family_id WHERE t.token_hash = $1`,
    [tokenHash],
  );
  return rows[0];
}

/** A token's own part of what a refresh is decided on, and what its successor is derived again from. */
export type StoredToken = Omit<RefreshFacts, 'userDisabled'> & {
  successorKekId: string | null;
  successorSalt: Buffer | null;
};

/** Keeps everyone else from the family until the transaction ends, and reads the token as it is then. */
export async function lockToken(
  client: PoolClient,
  familyId: string,
  tokenHash: Buffer,
): Promise<StoredToken | undefined> {
  // Two statements: a single one that waits for the lock would read the token as it was before it waited.
  await client.query('SELECT 1 FROM refresh_family WHERE id = $1 FOR UPDATE', [familyId]);
  const { rows } = await client.query<StoredToken>(
    `SELECT statement_timestamp() AS now, t.expires_at AS "expiresAt", t.used_at AS "usedAt",
            s.used_at IS NOT NULL AS "successorUsed", f.ended_at AS "familyEndedAt",
            f.expires_at AS "familyExpiresAt", t.successor_kek_id AS "successorKekId",
            t.successor_salt AS "successorSalt"
     FROM refresh_token t JOIN refresh_family f ON f.id = t.family_id
     LEFT JOIN refresh_token s ON s.token_hash = t.successor_hash
     WHERE t.token_hash = $1`,
    [tokenHash],
  );
  return rows[0];
}

/** Marks a token used, and notes how its successor was made. */
export async function markUsed(
  client: PoolClient,
  tokenHash: Buffer,
  successor: { kekId: string; salt: Buffer; tokenHash: Buffer },
): Promise<void> {
  await client.query(
    `UPDATE refresh_token
     SET used_at = statement_timestamp(), successor_kek_id = $2, successor_salt = $3, successor_hash = $4
     WHERE token_hash = $1 AND used_at IS NULL`,
    [tokenHash, successor.kekId, successor.salt, successor.tokenHash],
  );
}

/** Ends a family; false when it had ended before. */
export async function endFamily(db: Queryable, familyId: string, reason: FamilyEnd): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE refresh_family SET ended_at = statement_timestamp(), end_reason = $2
     WHERE id = $1 AND ended_at IS NULL`,
    [familyId, reason],
  );
  return rowCount === 1;
}

/** Ends all families of a user; returns how many there were. */
export async function endFamiliesOf(db: Queryable, userId: string, reason: FamilyEnd): Promise<number> {
  const { rowCount } = await db.query(
    `UPDATE refresh_family SET ended_at = statement_timestamp(), end_reason = $2
     WHERE user_id = $1 AND ended_at IS NULL AND expires_at > statement_timestamp()`,
    [userId, reason],
  );
  return rowCount ?? 0;
}
