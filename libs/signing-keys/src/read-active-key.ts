import type { Queryable } from '@swfx/database';
import { z } from 'zod';
import { mintTimeoutSeconds } from './key-policy';
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
  /**
   * For how long its tokens can live at most, in seconds: as long as the rotator lets a key verify once it no longer
   * signs. Undefined where no rotator has said so. Who signs with other settings makes tokens that live shorter for it,
   * and not ones that are refused before they expire.
   */
  longestTokenSeconds: number | undefined;
}

interface Row {
  epoch: number | string;
  kid: string;
  alg: SigningAlgorithm;
  kekId: string;
  sealed: Buffer;
  readAt: Date;
  policy: unknown;
}

/** The part of what a rotator says it works by that bounds the life of tokens. */
const gracePolicy = z.object({ graceSeconds: z.number(), clockSkewSeconds: z.number() });

/**
 * Reads the signing key; undefined when there is none. To be read for each token, in the transaction that mints it:
 * a process that was paused meanwhile then finds the key that signs now, and not the one that it remembers.
 */
export async function readActiveKey(db: Queryable): Promise<ActiveKey | undefined> {
  const { rows } = await db.query<Row>(
    `SELECT s.epoch, k.kid, k.alg, p.kek_id AS "kekId", p.sealed, statement_timestamp() AS "readAt", s.policy
     FROM key_set s JOIN signing_key k ON k.state = 'active' JOIN signing_key_private p ON p.kid = k.kid`,
  );
  const row = rows[0];
  if (!row) return undefined;
  const { epoch, kid, alg, kekId, sealed, readAt, policy } = row;
  const longestTokenSeconds = longestToken(policy);
  return { epoch: Number(epoch), kid, alg, sealed: { kekId, sealed }, readAt, longestTokenSeconds };
}

/** The inequality that the rotator checks of its own settings, the other way round. */
function longestToken(policy: unknown): number | undefined {
  const { data } = gracePolicy.safeParse(policy);
  return data && Math.max(1, data.graceSeconds - 2 * data.clockSkewSeconds - mintTimeoutSeconds);
}
