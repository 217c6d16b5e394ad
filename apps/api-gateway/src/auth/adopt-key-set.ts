/**
 * What a verifier makes of a key set that it read. Its epoch never goes back: an older set is a Postgres that was
 * rolled back, or a standby that lags, and tells nothing about the keys of today. No key leaves by being absent:
 * it leaves when its time has come, or by a tombstone, which is a row that is there and says so. And none comes back
 * from there: a Postgres that lost the revocation of a key does not know better than who saw it.
 */
import type { KeySet, PublicKey } from '@swfx/signing-keys';

export type KeySetAdoption =
  | { outcome: 'adopted'; keySet: KeySet }
  /** `none_yet`: there has never been a key. `empty`: there was one, and a set without any is not believed. */
  | { outcome: 'refused'; reason: 'older_epoch' | 'none_yet' | 'empty' };

/** `tokenLifeSeconds`: how long after this moment a token can at most be valid that was signed before it. */
export function adoptKeySet(
  held: KeySet | undefined,
  read: KeySet,
  tokenLifeSeconds: number,
): KeySetAdoption {
  if (held && read.epoch < held.epoch) return { outcome: 'refused', reason: 'older_epoch' };
  if (read.epoch === 0) return { outcome: 'refused', reason: 'none_yet' };
  if (!read.keys.some(({ state }) => state === 'active')) return { outcome: 'refused', reason: 'empty' };
  const keys = read.keys.map((key) => tombstoneOf(held, key) ?? key);
  const survivors = absentKeys(held, read)
    .map((key) => withEnd(key, read.readAt, tokenLifeSeconds))
    .filter(({ leavesAt }) => leavesAt > read.readAt);
  return { outcome: 'adopted', keySet: { ...read, keys: [...keys, ...survivors] } };
}

function tombstoneOf(held: KeySet | undefined, { kid }: PublicKey): PublicKey | undefined {
  return held?.keys.find((key) => key.kid === kid && key.state === 'revoked');
}

function absentKeys(held: KeySet | undefined, read: KeySet): PublicKey[] {
  const present = new Set(read.keys.map(({ kid }) => kid));
  return (held?.keys ?? []).filter(({ kid, state }) => state !== 'revoked' && !present.has(kid));
}

/** A key that vanished before its end was known may have signed until now, and not since. */
function withEnd(key: PublicKey, now: Date, tokenLifeSeconds: number): PublicKey & { leavesAt: Date } {
  const leavesAt = key.leavesAt ?? new Date(now.getTime() + tokenLifeSeconds * 1000);
  return { ...key, state: 'retiring', leavesAt };
}
