import type { Queryable } from '@swfx/database';
import type { Columns } from '@swfx/service';
import { readKeySet, type KeyState, type PublicKey, type SigningAlgorithm } from '@swfx/signing-keys';

/** A key as `swfx keys list --json` prints it; times are RFC 3339, null where they have not come. */
export interface ListedKey {
  kid: string;
  alg: SigningAlgorithm;
  state: KeyState;
  published_at: Date;
  activated_at: Date | null;
  retiring_since: Date | null;
  /** When a retiring key stops verifying. */
  leaves_at: Date | null;
  revoked_at: Date | null;
  /** Since it was published. */
  age_seconds: number;
}

const order: readonly KeyState[] = ['active', 'pending', 'retiring', 'revoked'];

/** The keys of the set, the one that signs first; `signer` is what the database says of who signed it. */
export async function listKeys(
  db: Queryable,
): Promise<{ epoch: number; signer: string | null; keys: ListedKey[] }> {
  const { epoch, keys, readAt, signature } = await readKeySet(db);
  const listed = keys.map((key) => toListedKey(key, readAt));
  const signer = signature?.signer ?? null;
  return { epoch, signer, keys: listed.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state)) };
}

/** The columns of `swfx keys list`. */
export const keyColumns: Columns<ListedKey> = {
  KID: ({ kid }) => kid,
  ALG: ({ alg }) => alg,
  STATE: ({ state }) => state,
  PUBLISHED: ({ published_at }) => shortTime(published_at),
  ACTIVATED: ({ activated_at }) => shortTime(activated_at),
  LEAVES: ({ leaves_at }) => shortTime(leaves_at),
  'AGE (S)': ({ age_seconds }) => age_seconds,
};

function toListedKey(key: PublicKey, readAt: Date): ListedKey {
  return {
    kid: key.kid,
    alg: key.alg,
    state: key.state,
    published_at: key.publishedAt,
    activated_at: key.activatedAt,
    retiring_since: key.retiringSince,
    leaves_at: key.leavesAt,
    revoked_at: key.revokedAt,
    age_seconds: Math.max(0, Math.floor((readAt.getTime() - key.publishedAt.getTime()) / 1000)),
  };
}

function shortTime(time: Date | null): string | null {
  return time && `${time.toISOString().slice(0, 19)}Z`;
}
