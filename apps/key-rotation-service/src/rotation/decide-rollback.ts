/**
 * A rotation undone: the key that signed before signs again, and the one that took its place retires with its grace,
 * so that no token of either is refused. Verifiers have both. It can be done until the former key leaves.
 */
import type { KeySet } from '@swfx/signing-keys';
import type { RotationPolicy } from './rotation-policy';

export type RollbackDecision =
  | { kind: 'roll-back'; promote: string; demote: string; leavesAt: Date; reason: string }
  | { kind: 'nothing-to-do'; reason: string };

export function decideRollback(facts: {
  keySet: KeySet;
  policy: RotationPolicy;
  /** Retiring keys that still have their private half. */
  canSign: ReadonlySet<string>;
  now: Date;
}): RollbackDecision {
  const { keySet, policy, canSign, now } = facts;
  const active = keySet.keys.find(({ state }) => state === 'active');
  const [former] = keySet.keys
    .filter(({ state, leavesAt }) => state === 'retiring' && leavesAt !== null && leavesAt > now)
    .filter(({ kid }) => canSign.has(kid))
    .sort((a, b) => (b.retiringSince?.getTime() ?? 0) - (a.retiringSince?.getTime() ?? 0));
  if (!active || !former)
    return { kind: 'nothing-to-do', reason: 'no key that signed before is still there to sign again' };
  return {
    kind: 'roll-back',
    promote: former.kid,
    demote: active.kid,
    leavesAt: new Date(now.getTime() + policy.graceSeconds * 1000),
    reason: `${former.kid} signs again; ${active.kid} verifies for ${policy.graceSeconds} s more`,
  };
}
