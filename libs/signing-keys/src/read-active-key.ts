import type { Queryable } from '@swfx/database';
import type { SigningAlgorithm } from './key-set';
import type { SealedKey } from './seal';

/** The key that signs at this instant, its private half sealed. */
export interface ActiveKey {
  epoch: number;
  kid: string;
  alg: SigningAlgorithm;
  sealed: SealedKey;
  /** When it was read, by Postgres's clock: the `iat` of what it signs. */
  readAt: Date;
}

interface Row {
  epoch: number | string;
  kid: string;
  alg: SigningAlgorithm;
  kekId: string;
  sealed: Buffer;
  readAt: Date;
}

/**
 * Reads the signing key; undefined when there is none. To be read for each token, in the transaction that mints it:
 * a process that was paused meanwhile then finds the key that signs now, and not the one that it remembers.
 */
export async function readActiveKey(db: Queryable): Promise<ActiveKey | undefined> {
  const { rows } = await db.query<Row>(
    `SELECT s.epoch, k.kid, k.alg, p.kek_id AS "kekId", p.sealed, statement_timestamp() AS "readAt"
     FROM key_set s JOIN signing_key k ON k.state = 'active' JOIN signing_key_private p ON p.kid = k.kid`,
  );
  const row = rows[0];
  if (!row) return undefined;
  const { epoch, kid, alg, kekId, sealed, readAt } = row;
  return { epoch: Number(epoch), kid, alg, sealed: { kekId, sealed }, readAt };
}
