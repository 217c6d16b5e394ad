import type { KeySet, KeyState, PublicKey } from './key-set';
import type { KeySetChange, KeyTransition, NewKey } from './update-key-set';

/** States from which a key can take a step; a retiring key signs again when a rotation is rolled back. */
export const comesFrom: Record<KeyTransition['to'], readonly KeyState[]> = {
  active: ['pending', 'retiring'],
  retiring: ['active'],
  retired: ['retiring'],
  revoked: ['pending', 'active', 'retiring'],
};

/**
 * The set as a change leaves it, one epoch on or at the one that the change names. Throws when a key is not in a state from which it can take its step.
 * What is signed is this, and not what the rows then say: a row that somebody slipped in is not in it.
 */
export function applyChange(keySet: KeySet, change: KeySetChange): KeySet {
  const keys = new Map(keySet.keys.map((key) => [key.kid, key]));
  for (const transition of change.transitions) {
    const { kid, to } = transition;
    const key = keys.get(kid);
    if (!key || !comesFrom[to].includes(key.state))
      throw new Error(`the key ${kid} is not ${comesFrom[to].join(' or ')}`);
    if (to === 'retired') keys.delete(kid);
    else keys.set(kid, moved(key, transition, change.at));
  }
  for (const key of change.publish) keys.set(key.kid, publicHalf(key, change.at));
  return { epoch: change.epoch ?? keySet.epoch + 1, readAt: change.at, keys: [...keys.values()] };
}

function moved(key: PublicKey, transition: KeyTransition, at: Date): PublicKey {
  switch (transition.to) {
    case 'active':
      return { ...key, state: 'active', activatedAt: at, leavesAt: null };
    case 'retiring':
      return { ...key, state: 'retiring', retiringSince: at, leavesAt: transition.leavesAt };
    case 'retired':
      return { ...key, state: 'retired', retiredAt: at };
    case 'revoked':
      return { ...key, state: 'revoked', revokedAt: at };
  }
}

function publicHalf(key: NewKey, at: Date): PublicKey {
  const { kid, alg, jwk, state, probe } = key;
  return {
    ...{ kid, alg, jwk, state, probe },
    publishedAt: at,
    activatedAt: state === 'pending' ? null : at,
    retiringSince: state === 'retiring' ? at : null,
    retiredAt: null,
    revokedAt: null,
    leavesAt: key.leavesAt ?? null,
  };
}
