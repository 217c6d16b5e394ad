/**
 * What would keep keys from rotating unnoticed, found in facts that were gathered elsewhere. `fail` must be mended by a
 * person; `warn` is no harm yet.
 */
import type { Columns } from '@swfx/service';
import {
  findForgery,
  keySetTrust,
  mintTimeoutSeconds,
  type KeySetTrust,
  type StoredKeySet,
  type Verifier,
} from '@swfx/signing-keys';
import type { PublishedPolicy } from '../../rotation/publish-policy';

export interface Finding {
  check: string;
  state: 'ok' | 'warn' | 'fail';
  detail: string;
}

/** The columns of `swfx keys doctor`. */
export const doctorColumns: Columns<Finding> = {
  CHECK: ({ check }) => check,
  STATE: ({ state }) => state,
  DETAIL: ({ detail }) => detail,
};

export interface KeyFacts {
  now: Date;
  schedule: { cron: string; nextRunAt: Date } | undefined;
  intervalSeconds: number;
  /** Rotators whose heartbeat is fresh. */
  rotators: number;
  lock: { kind: 'free' } | { kind: 'held'; ttlSeconds: number } | { kind: 'unknown'; reason: string };
  keySet: StoredKeySet;
  /** What the rotator last said that it works by. */
  policy: PublishedPolicy | undefined;
  /** Ids of the key encryption keys with which private halves are sealed. */
  kekIds: string[];
  verifiers: (Verifier & { tokenTtlSeconds: number; clockSkewSeconds: number })[];
  /** Why a rotation waits; undefined when none does. */
  waiting: string | undefined;
}

const ok = (detail: string) => ({ state: 'ok', detail }) as const;
const warn = (detail: string) => ({ state: 'warn', detail }) as const;
const fail = (detail: string) => ({ state: 'fail', detail }) as const;
type Verdict = Omit<Finding, 'check'>;

const checks: Record<string, (facts: KeyFacts) => Verdict> = {
  schedule: checkSchedule,
  rotators: ({ rotators }) =>
    rotators > 0 ? ok(`${rotators} alive`) : fail('no key-rotation-service is alive: nothing is carried out'),
  lock: checkLock,
  'key set': checkKeySet,
  'key configuration': checkRing,
  'grace against TTL': checkGrace,
  verifiers: checkVerifiers,
};

export function examineKeys(facts: KeyFacts): Finding[] {
  return Object.entries(checks).map(([check, examine]) => ({ check, ...examine(facts) }));
}

/** Ticks are found by a poll of seconds; one that is this late is not being found. */
const latenessSeconds = 60;

function checkSchedule({ schedule, now }: KeyFacts): Verdict {
  if (!schedule) return fail('there is none: key-rotation-service writes it when it starts');
  const lateSeconds = Math.round((now.getTime() - schedule.nextRunAt.getTime()) / 1000);
  if (lateSeconds > latenessSeconds)
    return fail(`the tick of ${iso(schedule.nextRunAt)} is ${lateSeconds} s late`);
  return ok(`${schedule.cron}, next at ${iso(schedule.nextRunAt)}`);
}

function checkLock({ lock }: KeyFacts): Verdict {
  if (lock.kind === 'unknown') return warn(`${lock.reason}; rotations go on without it`);
  return ok(lock.kind === 'free' ? 'free' : `held, free in ${lock.ttlSeconds} s at the latest`);
}

function checkKeySet({ keySet, policy, now, intervalSeconds }: KeyFacts): Verdict {
  const count = (state: string) => keySet.keys.filter((key) => key.state === state).length;
  const active = keySet.keys.find(({ state }) => state === 'active');
  if (keySet.epoch === 0) return warn('there has never been a key');
  if (!active) return fail(`epoch ${keySet.epoch} has no active key: restore the ops database`);
  const signer = keySet.signature?.signer;
  if (!signer) return fail(`epoch ${keySet.epoch} is not signed: verifiers refuse it until swfx keys adopt`);
  if (policy && !policy.signers.includes(signer))
    return fail(
      `epoch ${keySet.epoch} names the signer ${signer}, which the rotator does not trust: give KEY_ENCRYPTION_KEYS that key back`,
    );
  if (policy && findForgery(keySet, trustIn(policy)))
    return fail(
      `epoch ${keySet.epoch} is not what ${signer} signed: take back what somebody changed by hand, or swfx keys adopt, which revokes what is not ours`,
    );
  const ageSeconds = Math.round((now.getTime() - (active.activatedAt?.getTime() ?? 0)) / 1000);
  if (ageSeconds > 3 * intervalSeconds)
    return fail(`${active.kid} has signed for ${ageSeconds} s, over three intervals`);
  if (count('pending') === 0) return warn('there is no standby; the next rotation publishes one');
  const states = ['pending', 'active', 'retiring', 'revoked'].map((state) => `${count(state)} ${state}`);
  return ok(`epoch ${keySet.epoch} by ${signer}: ${states.join(', ')}`);
}

/** What the rotator said of its ring is for finding mistakes: whoever wrote the rows may have written this too. */
function trustIn({ signers }: PublishedPolicy): KeySetTrust {
  return keySetTrust().safeParse(signers.join(',')).data ?? new Map();
}

function checkRing({ kekIds, policy }: KeyFacts): Verdict {
  if (!policy) return warn('the rotator has not said which keys KEY_ENCRYPTION_KEYS has');
  const unknown = kekIds.filter((id) => !policy.kekIds.includes(id));
  if (unknown.length > 0)
    return fail(`private halves are sealed with ${unknown.join(', ')}, which the ring has not`);
  const [first = ''] = policy.kekIds;
  const older = kekIds.filter((id) => id !== first);
  if (older.length > 0) return warn(`sealed with ${older.join(', ')} still: swfx keys rewrap`);
  return ok(`all sealed with ${first}`);
}

function checkGrace({ policy, verifiers }: KeyFacts): Verdict {
  if (!policy) return warn('the rotator has not said what it works by');
  const { graceSeconds } = policy;
  const problem = [{ instance: 'the rotator', ...policy }, ...verifiers.filter(({ live }) => live)]
    .map(({ instance, tokenTtlSeconds: ttl, clockSkewSeconds: skew }) => ({
      instance,
      needed: ttl + 2 * skew + mintTimeoutSeconds,
    }))
    .find(({ needed }) => needed > graceSeconds);
  if (problem)
    return fail(`${graceSeconds} s, but the settings of ${problem.instance} need ${problem.needed} s`);
  return ok(`${graceSeconds} s is enough for tokens of ${policy.tokenTtlSeconds} s`);
}

function checkVerifiers({ verifiers, keySet, waiting }: KeyFacts): Verdict {
  const live = verifiers.filter((verifier) => verifier.live);
  if (waiting) return fail(`a rotation waits: ${waiting}`);
  if (live.length === 0 && verifiers.length > 0) return fail(`all ${verifiers.length} have fallen silent`);
  if (live.length === 0) return warn('none has acknowledged a key set');
  const ahead = verifiers.filter(({ epoch }) => epoch > keySet.epoch);
  if (ahead.length > 0)
    return fail(
      `${names(ahead)} hold a newer set than epoch ${keySet.epoch}: this database is an older one; swfx keys adopt`,
    );
  const behind = live.filter(({ epoch }) => epoch < keySet.epoch);
  if (behind.length > 0) return warn(`behind epoch ${keySet.epoch}: ${names(behind)}`);
  return ok(`${live.length} at epoch ${keySet.epoch}`);
}

function names(verifiers: readonly Pick<Verifier, 'instance'>[]): string {
  return verifiers.map(({ instance }) => instance).join(', ');
}

function iso(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
