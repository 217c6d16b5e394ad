/**
 * What it takes to revoke a key, decided from the set alone: a tombstone, which ends the key at every verifier as soon
 * as it hears of it, and, where the key was the one that signs or the one that will, its successor. It waits for nobody.
 */
import type { KeySet } from '@swfx/signing-keys';

/** `promote` signs from now on; where there is no standby, a new key is published that does. */
export type RevocationDecision =
  | {
      kind: 'revoke';
      revoke: string;
      promote: string | null;
      publish: ('active' | 'pending')[];
      reason: string;
    }
  | { kind: 'nothing-to-do'; reason: string };

export function decideRevocation({ keySet, kid }: { keySet: KeySet; kid: string }): RevocationDecision {
  const key = keySet.keys.find((candidate) => candidate.kid === kid);
  if (!key) return { kind: 'nothing-to-do', reason: `no key ${kid} is in the set` };
  if (key.state === 'revoked') return { kind: 'nothing-to-do', reason: `${kid} is revoked already` };
  const [standby, ...others] = keySet.keys
    .filter(({ state, kid: other }) => state === 'pending' && other !== kid)
    .sort((a, b) => a.publishedAt.getTime() - b.publishedAt.getTime());
  if (key.state !== 'active') {
    const publish: 'pending'[] = standby ? [] : ['pending'];
    return { kind: 'revoke', revoke: kid, promote: null, publish, reason: `${kid} is revoked` };
  }
  return {
    kind: 'revoke',
    revoke: kid,
    promote: standby?.kid ?? null,
    publish: [
      ...(standby ? [] : (['active'] as const)),
      ...(others.length > 0 ? [] : (['pending'] as const)),
    ],
    reason: `${kid} is revoked; ${standby ? standby.kid : 'a new key'} signs now`,
  };
}
