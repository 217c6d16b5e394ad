import type { PoolClient, Queryable } from '@swfx/database';
import { AppError } from '@swfx/errors';
import type { PublicKey, StoredKeySet } from './key-set';

interface Row extends Omit<PublicKey, 'kid'> {
  epoch: number | string;
  readAt: Date;
  kid: string | null;
  signer: string | null;
  signature: Buffer | null;
}

/**
 * Reads the key set, public halves only, in one statement: epoch and keys belong together. Retired keys are left
 * out. Whoever goes by it looks at its signature first (`findForgery`). Throws `key_set_missing` when the ops database
 * has not the row of its epoch.
 */
export async function readKeySet(db: Queryable): Promise<StoredKeySet> {
  // statement_timestamp(), not now(): a transaction that waited for the row's lock began before the set it reads.
  const { rows } = await db.query<Row>(
    `SELECT s.epoch, s.signer, s.signature, statement_timestamp() AS "readAt",
            k.kid, k.alg, k.state, k.public_jwk AS jwk, k.probe,
            k.published_at AS "publishedAt", k.activated_at AS "activatedAt", k.retiring_at AS "retiringSince",
            k.retired_at AS "retiredAt", k.revoked_at AS "revokedAt", k.leaves_at AS "leavesAt"
     FROM key_set s LEFT JOIN signing_key k ON k.state <> 'retired'
     ORDER BY k.published_at, k.kid`,
  );
  const first = rows[0];
  if (!first) throw keySetMissing();
  const { epoch, readAt, signer, signature: value } = first;
  const signature = signer && value ? { signer, value } : null;
  return { epoch: Number(epoch), readAt, keys: rows.filter(hasKey).map(toPublicKey), signature };
}

/** Reads the key set and keeps everyone else from changing it until the caller's transaction ends. */
export async function readKeySetForUpdate(client: PoolClient): Promise<StoredKeySet> {
  // Two statements: a single one that waits for the lock would join keys as they were before it waited.
  await client.query('SELECT 1 FROM key_set FOR UPDATE');
  return readKeySet(client);
}

/** The row that carries the epoch is made by a migration and belongs to the set; without it there is no fence. */
export function keySetMissing(): AppError {
  return new AppError('key_set_missing', 'the ops database has no key_set row');
}

function hasKey(row: Row): row is Row & { kid: string } {
  return row.kid !== null;
}

function toPublicKey(row: Row & { kid: string }): PublicKey {
  const { epoch: _epoch, readAt: _readAt, signer: _signer, signature: _signature, ...key } = row;
  return key;
}
