/**
 * What a rotation does, decided from the set, the policy and Postgres's clock, and from nothing else. Whatever the
 * history: exactly one key is active; a key signs only once it has been published long enough for every verifier to
 * have it, and, unless somebody insists, only once every verifier that is there has proved that it does; a key that
 * stopped signing stays published until its last token has expired; the set is never empty. A
 * tick promotes the standby and publishes the next one, so that there is always one that could sign at once.
 */
import type { KeySet, PublicKey, Verifier } from '@swfx/signing-keys';
import type { RotationPolicy } from './rotation-policy';

/** `reason` is a sentence for people; `retire` names the keys whose time is over. */
export type RotationDecision =
  | { kind: 'first-start'; reason: string }
  | {
      kind: 'promote';
      promote: string;
      demote: string;
      leavesAt: Date;
      publishStandby: boolean;
      retire: string[];
      reason: string;
    }
  | { kind: 'publish-standby'; retire: string[]; reason: string }
  | { kind: 'retire-only'; retire: string[]; reason: string }
  | { kind: 'not-due'; retryAt: Date; reason: string }
  | { kind: 'await-verifiers'; laggards: string[]; reason: string }
  | { kind: 'refuse-empty-set'; reason: string };

export function decideRotation(facts: {
  keySet: KeySet;
  policy: RotationPolicy;
  /** Those that are there, and those that were within the grace period. */
  verifiers: readonly Verifier[];
  now: Date;
  /** Somebody insists: neither the standby's youth nor a verifier that lacks it is a reason to wait. */
  force?: boolean;
}): RotationDecision {
  const { keySet, policy, verifiers, now, force = false } = facts;
  if (keySet.epoch === 0 && keySet.keys.length === 0)
    return { kind: 'first-start', reason: 'there has never been a key' };
  const active = keySet.keys.find(({ state }) => state === 'active');
  if (!active) return refuseEmptySet(keySet);
  const retire = keySet.keys.filter((key) => isOver(key, now)).map(({ kid }) => kid);
  const [standby, ...others] = pendingKeys(keySet);
  if (!standby)
    return { kind: 'publish-standby', retire, reason: 'there was no standby; one is published now' };
  const maySignAt = later(standby.publishedAt, policy.minimumPublishedSeconds);
  if (maySignAt > now && !force) return tooEarly({ standby, maySignAt, retire, now });
  const laggards = force ? [] : laggardsOf(verifiers, standby.kid);
  if (laggards.length > 0) return awaitVerifiers(laggards, standby.kid);
  return {
    kind: 'promote',
    promote: standby.kid,
    demote: active.kid,
    leavesAt: later(now, policy.graceSeconds),
    publishStandby: others.length === 0,
    retire,
    reason: `${standby.kid} signs now; ${active.kid} verifies for ${policy.graceSeconds} s more`,
  };
}

function tooEarly(facts: {
  standby: PublicKey;
  maySignAt: Date;
  retire: string[];
  now: Date;
}): RotationDecision {
  const { standby, maySignAt, retire, now } = facts;
  const ageSeconds = Math.max(0, Math.floor((now.getTime() - standby.publishedAt.getTime()) / 1000));
  const reason = `the standby was published ${ageSeconds} s ago and may sign at ${maySignAt.toISOString()}`;
  if (retire.length > 0) return { kind: 'retire-only', retire, reason };
  return { kind: 'not-due', retryAt: maySignAt, reason };
}

/**
 * The verifiers that would meet a token of a key that they do not have. When all have fallen silent, that is no
 * consent: they may be cut off from us and not from their callers.
 */
function laggardsOf(verifiers: readonly Verifier[], kid: string): string[] {
  const live = verifiers.filter((verifier) => verifier.live);
  const behind = live.length > 0 ? live.filter(({ kids }) => !kids.includes(kid)) : verifiers;
  return behind.map(({ instance }) => instance);
}

function awaitVerifiers(laggards: string[], kid: string): RotationDecision {
  const reason = `${laggards.join(', ')} ${laggards.length > 1 ? 'have' : 'has'} not acknowledged ${kid} yet`;
  return { kind: 'await-verifiers', laggards, reason };
}

/** To make a first key now would hide that keys were lost, and end every token of the ones that are missing. */
function refuseEmptySet({ epoch }: KeySet): RotationDecision {
  return { kind: 'refuse-empty-set', reason: `the key set is at epoch ${epoch} and has no active key` };
}

function pendingKeys({ keys }: KeySet): PublicKey[] {
  return keys
    .filter(({ state }) => state === 'pending')
    .sort((a, b) => a.publishedAt.getTime() - b.publishedAt.getTime());
}

function isOver({ state, leavesAt }: PublicKey, now: Date): boolean {
  return state === 'retiring' && leavesAt !== null && leavesAt <= now;
}

function later(time: Date, seconds: number): Date {
  return new Date(time.getTime() + seconds * 1000);
}
