/**
 * Verifying a token, without computing the same signature again for each request. Only one thing is remembered: that
 * this text, to the last character, bore a signature that fitted this key. Everything else is asked on every hit:
 * whether the key still verifies, by its kid, in the set that is in force now; issuer, audience and times; cut-offs;
 * the caller asks for the scope. So a revoked key ends its tokens at once, and a rotation forgets none. The tokens
 * are compared whole: a hash, or a part of one, could hand one caller another's identity.
 */
import {
  claimProblem,
  verifyAccessToken,
  type AccessTokenClaims,
  type RefusalReason,
  type TokenVerification,
  type VerificationKey,
  type VerifyOptions,
} from '@swfx/signing-keys';

export interface TokenPolicy {
  issuer: string;
  audience: string;
  clockSkewSeconds: number;
}

export interface VerifiedTokens {
  /** Never throws; a hit and a miss answer the same. */
  verify(token: string, now: Date): TokenVerification;
}

interface Remembered {
  claims: AccessTokenClaims;
  key: VerificationKey;
}

export function createVerifiedTokens(options: {
  /** The key of that kid, of the set in force at this moment. */
  keyOf: (kid: string) => VerificationKey | undefined;
  policy: TokenPolicy;
  /** How many are remembered at most; 0 remembers none. */
  limit: number;
  onResult?: (result: 'hit' | 'miss') => void;
}): VerifiedTokens {
  const { keyOf, policy, limit, onResult = () => undefined } = options;
  const { issuer, audience, clockSkewSeconds } = policy;
  const cache = createTwoGenerations<Remembered>(limit);
  // Written out: to spread an object costs more than all of the check but the signature.
  const rulesAt = (now: Date): VerifyOptions => ({ keyOf, issuer, audience, clockSkewSeconds, now });

  return {
    verify(token, now) {
      const known = cache.get(token);
      const key = known && keyOf(known.key.kid);
      if (known && key && isSameKey(key, known.key) && !hasLeft(key, now)) {
        onResult('hit');
        return answer(known, claimProblem(known.claims, rulesAt(now)));
      }
      onResult('miss');
      const verdict = verifyAccessToken(token, rulesAt(now));
      const by = verdict.outcome === 'accepted' ? keyOf(verdict.kid) : undefined;
      if (verdict.outcome === 'accepted' && by) cache.set(token, { claims: verdict.claims, key: by });
      return verdict;
    },
  };
}

function answer({ claims, key }: Remembered, reason: RefusalReason | undefined): TokenVerification {
  return reason ? { outcome: 'refused', reason } : { outcome: 'accepted', claims, kid: key.kid };
}

/** An imported key keeps its own kid, which says nothing of the key: the keys themselves are compared. */
function isSameKey(current: VerificationKey, remembered: VerificationKey): boolean {
  if (current.key === remembered.key) return true;
  if (current.alg !== remembered.alg || !current.key.equals(remembered.key)) return false;
  // The same key, imported again with a newer set: compared by identity from now on.
  remembered.key = current.key;
  return true;
}

function hasLeft({ leavesAt }: VerificationKey, now: Date): boolean {
  return leavesAt !== null && leavesAt <= now;
}

/**
 * A bounded map that forgets what was not asked for lately: when the young half is full it becomes the old one, and
 * what is found there is young again. Unlike an exact LRU it writes nothing on a hit.
 */
function createTwoGenerations<Value>(limit: number): {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
} {
  const half = Math.floor(limit / 2);
  let young = new Map<string, Value>();
  let old = new Map<string, Value>();

  function set(key: string, value: Value): void {
    if (half === 0) return;
    if (young.size >= half) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
  }
  return {
    get(key) {
      const found = young.get(key);
      if (found !== undefined) return found;
      const aged = old.get(key);
      if (aged !== undefined) set(key, aged);
      return aged;
    },
    set,
  };
}
