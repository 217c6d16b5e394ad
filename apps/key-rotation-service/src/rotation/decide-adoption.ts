/**
 * What it takes to make the rows of the database the set that holds, where verifiers refuse them: rows from before sets
 * were signed, rows that were mended by hand, a database that was brought back to an older state. That they are the
 * right rows a person says; that a key is ours it must show itself, by a private half which our ring opens. One that
 * cannot is revoked, for whoever can write rows could have written it. The epoch goes beyond any that a verifier has
 * seen. Nobody is waited for, as in every emergency.
 */
import type { KeySet, KeySetForgery } from '@swfx/signing-keys';

export type AdoptionDecision =
  | {
      kind: 'adopt';
      revoke: string[];
      /** Signs from now on, where the key that signed is not ours; without it a new one is made that does. */
      promote: string | null;
      publish: ('active' | 'pending')[];
      epoch: number;
      reason: string;
    }
  | { kind: 'nothing-to-do'; reason: string };

export function decideAdoption(facts: {
  keySet: KeySet;
  /** What is wrong with the set's signature; undefined when it is good. */
  forgery: KeySetForgery | undefined;
  /** The newest epoch that any verifier tells of. */
  seenEpoch: number;
  /** Keys whose private half our ring opens. */
  ours: Pick<ReadonlySet<string>, 'has'>;
}): AdoptionDecision {
  const { keySet, forgery, seenEpoch, ours } = facts;
  if (keySet.keys.length === 0) return { kind: 'nothing-to-do', reason: 'there is no key to adopt' };
  if (!forgery && seenEpoch <= keySet.epoch)
    return {
      kind: 'nothing-to-do',
      reason: `the set of epoch ${keySet.epoch} is genuine, and no verifier has seen a newer one`,
    };
  const usable = keySet.keys.filter(({ state, kid }) => state !== 'revoked' && ours.has(kid));
  const revoke = keySet.keys
    .filter(({ state, kid }) => state !== 'revoked' && !ours.has(kid))
    .map(({ kid }) => kid);
  const signs = usable.some(({ state }) => state === 'active');
  const [standby, ...others] = usable
    .filter(({ state }) => state === 'pending')
    .sort((a, b) => a.publishedAt.getTime() - b.publishedAt.getTime());
  const promote = signs ? null : (standby?.kid ?? null);
  const standbys = signs ? [standby, ...others].filter(Boolean) : others;
  return {
    kind: 'adopt',
    revoke,
    promote,
    publish: [
      ...(signs || promote ? [] : (['active'] as const)),
      ...(standbys.length > 0 ? [] : (['pending'] as const)),
    ],
    epoch: Math.max(keySet.epoch, seenEpoch) + 1,
    reason: reasonOf(facts, usable.length, revoke),
  };
}

function reasonOf(
  { keySet, forgery, seenEpoch }: { keySet: KeySet; forgery: KeySetForgery | undefined; seenEpoch: number },
  adopted: number,
  revoked: string[],
): string {
  const why = forgery
    ? `was ${forgery.replace('_', ' ')}`
    : `was older than ${seenEpoch}, which verifiers have`;
  const without =
    revoked.length > 0 ? `; revoked, since no private half of ours opens: ${revoked.join(', ')}` : '';
  return `the set of epoch ${keySet.epoch}, which ${why}, is adopted with ${adopted} keys${without}`;
}
