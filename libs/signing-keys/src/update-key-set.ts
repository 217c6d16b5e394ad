/**
 * The only way in which the key set changes. One row holds the epoch, and a change names the epoch that it was
 * decided on: when somebody else changed the set since, nothing happens. A lock with a time limit can be outlived by
 * a pause; this cannot, and that is why two rotators can never both promote.
 */
import type { JsonWebKey } from 'node:crypto';
import type { KeyRing } from '@swfx/config';
import type { PoolClient } from '@swfx/database';
import { applyChange, comesFrom } from './apply-change';
import type { KeySet, KeySetSignature, SigningAlgorithm, StoredKeySet } from './key-set';
import { keySetSigner } from './key-set-trust';
import { keySetMissing } from './read-key-set';
import type { SealedKey } from './seal';
import { signKeySet } from './sign-key-set';

/** A key that joins the set: pending as a rule; anything else only at the first start, or for want of a standby. */
export interface NewKey {
  kid: string;
  alg: SigningAlgorithm;
  jwk: JsonWebKey;
  state: 'pending' | 'active' | 'retiring';
  /** For a retiring key, which is one that was imported: until when it verifies. */
  leavesAt?: Date;
  probe: string | null;
  /** Undefined for an imported key that only verifies. */
  sealed: SealedKey | undefined;
  /** Who published it: a pseudonymous id such as `service:key-rotation-service`. */
  createdBy: string;
}

/** One key's step to its next state. */
export type KeyTransition =
  { kid: string; to: 'active' | 'retired' | 'revoked' } | { kid: string; to: 'retiring'; leavesAt: Date };

/** What changes, in the order in which it is written: the active key leaves before its successor comes. */
export interface KeySetChange {
  /** When, by Postgres's clock: `readAt` of the set that it was decided on. */
  at: Date;
  transitions: readonly KeyTransition[];
  publish: readonly NewKey[];
  /** The epoch that the set is given, where one more than before will not do. */
  epoch?: number;
}

/** `epoch` is the set's epoch after the call, whoever raised it; `keySet` is what was signed, once it is committed. */
export type KeySetUpdate =
  { outcome: 'applied'; epoch: number; keySet: StoredKeySet } | { outcome: 'lost-race'; epoch: number };

/**
 * Applies a change if the set is still at the epoch that the caller saw, in the caller's transaction, and signs the set
 * that comes of it; the caller has made sure that what it saw was genuine. The private half of a key that leaves is
 * deleted. Throws when a key is not in a state from which it can take its step, and when a key would stop signing that
 * much later than was decided.
 */
export async function updateKeySet(
  client: PoolClient,
  ring: KeyRing,
  { seen, change }: { seen: KeySet; change: KeySetChange },
): Promise<KeySetUpdate> {
  if (change.transitions.some(({ to }) => to === 'retiring')) await boundDuration(client, change.at);
  const next = applyChange(seen, change);
  const signature = signKeySet(next, keySetSigner(ring));
  const epoch = await raiseEpoch(client, { from: seen.epoch, to: next.epoch }, signature);
  if (epoch === undefined) return { outcome: 'lost-race', epoch: await currentEpoch(client) };
  for (const transition of change.transitions) await moveKey(client, transition, change.at);
  for (const key of change.publish) await insertKey(client, key, change.at);
  return { outcome: 'applied', epoch, keySet: { ...next, signature } };
}

/** How long after a decision its change may still be made, and how long a transaction may then pause. */
const limits = { decidedSeconds: 5, pauseSeconds: 4 };

/**
 * A key signs until the change is committed, and its end is counted from when it was decided: a rotator that is paused
 * in between would let tokens outlive their key. Postgres ends the transaction of one that is, and both limits together
 * are less than a key's grace has to spare (`mintTimeoutSeconds`).
 */
async function boundDuration(client: PoolClient, decidedAt: Date): Promise<void> {
  const { rows } = await client.query<{ late: boolean }>(
    `SELECT set_config('idle_in_transaction_session_timeout', $1, true),
            clock_timestamp() > $2::timestamptz + make_interval(secs => $3) AS late`,
    [`${limits.pauseSeconds}s`, decidedAt, limits.decidedSeconds],
  );
  if (rows[0]?.late)
    throw new Error(`what was decided over ${limits.decidedSeconds} s ago is not done: it is decided anew`);
}

async function raiseEpoch(
  client: PoolClient,
  { from, to }: { from: number; to: number },
  { signer, value }: KeySetSignature,
): Promise<number | undefined> {
  const { rows } = await client.query<{ epoch: number | string }>(
    `UPDATE key_set SET epoch = $4, signer = $2, signature = $3, updated_at = statement_timestamp()
     WHERE epoch = $1 RETURNING epoch`,
    [from, signer, value, to],
  );
  return rows[0] && Number(rows[0].epoch);
}

async function currentEpoch(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ epoch: number | string }>('SELECT epoch FROM key_set');
  if (!rows[0]) throw keySetMissing();
  return Number(rows[0].epoch);
}

const stampOf: Record<KeyTransition['to'], string> = {
  active: 'activated_at',
  retiring: 'retiring_at',
  retired: 'retired_at',
  revoked: 'revoked_at',
};

async function moveKey(client: PoolClient, transition: KeyTransition, at: Date): Promise<void> {
  const { kid, to } = transition;
  const leavesAt = to === 'retiring' ? transition.leavesAt : null;
  const { rowCount } = await client.query(
    `UPDATE signing_key
     SET state = $2, ${stampOf[to]} = $3, leaves_at = CASE $2 WHEN 'active' THEN NULL ELSE coalesce($4, leaves_at) END
     WHERE kid = $1 AND state = ANY ($5)`,
    [kid, to, at, leavesAt, comesFrom[to]],
  );
  if (rowCount !== 1) throw new Error(`the key ${kid} is not ${comesFrom[to].join(' or ')}`);
  // A retiring key keeps its private half until it leaves: a rotation that turns out badly can be rolled back.
  if (to === 'retired' || to === 'revoked')
    await client.query('DELETE FROM signing_key_private WHERE kid = $1', [kid]);
}

async function insertKey(client: PoolClient, key: NewKey, at: Date): Promise<void> {
  const { kid, alg, state, jwk, probe, sealed, leavesAt, createdBy } = key;
  await client.query(
    `INSERT INTO signing_key
       (kid, alg, state, public_jwk, probe, published_at, activated_at, retiring_at, leaves_at, created_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      ...[kid, alg, state, JSON.stringify(jwk), probe, at],
      ...[state === 'pending' ? null : at, state === 'retiring' ? at : null, leavesAt ?? null, createdBy],
    ],
  );
  if (!sealed) return;
  await client.query('INSERT INTO signing_key_private (kid, kek_id, sealed) VALUES ($1, $2, $3)', [
    ...[kid, sealed.kekId, sealed.sealed],
  ]);
}
