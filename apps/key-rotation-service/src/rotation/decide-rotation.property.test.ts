/**
 * Random histories of one key set: time passes, Postgres's clock is set forward and back, rotators look, decide, pause,
 * and come back with what they decided on a set of long ago; verifiers acknowledge, fall silent, or are lost; tokens
 * are minted, some by a process that was slow. After every step the promises must hold.
 */
import type { KeySet, PublicKey, Verifier } from '@swfx/signing-keys';
import fc from 'fast-check';
import { decideRotation } from './decide-rotation';
import { rotationPolicy } from './rotation-policy';

const settings = {
  ACCESS_TOKEN_TTL_SECONDS: 600,
  JWKS_MAX_AGE_SECONDS: 60,
  JWT_CLOCK_SKEW_SECONDS: 60,
  KEY_SET_POLL_SECONDS: 5,
  JWT_ROTATION_SCHEDULE_CRON: '*/5 * * * *',
  JWT_ROTATION_GRACE_PERIOD_SECONDS: 900,
  JWT_ROTATION_LOCK_TTL_SEC: 30,
  JWT_ROTATION_VERIFIER_WAIT_SECONDS: 60,
};
const policy = rotationPolicy(settings);
const mintTimeoutSeconds = 10;

type Step =
  | { do: 'wait'; seconds: number }
  | { do: 'look'; rotator: number }
  | { do: 'commit'; rotator: number }
  | { do: 'mint'; slowSeconds: number }
  | { do: 'lose-standby' }
  | { do: 'set-clock'; secondsOff: number }
  | { do: 'acknowledge' | 'lose-acknowledgements' | 'fall-silent'; verifier: number };

interface World {
  /** True time, which no clock of ours need show. */
  now: number;
  /** By how much Postgres's clock is wrong. */
  clockOff: number;
  epoch: number;
  keys: PublicKey[];
  made: number;
  /** The epoch that each rotator saw when it last looked. */
  seen: number[];
  /** Until when some verifier may be shown a token, and the key that signed it. */
  tokens: { kid: string; acceptedUntil: number }[];
  promotions: number;
  /** How often a rotation had to wait. */
  waits: number;
  verifiers: Map<number, { kids: string[]; ackedAt: number }>;
  /** The key that was promoted in this step, and the verifiers that were there and lacked it. */
  promoted: { kid: string; passed: string[] } | undefined;
}

const start = Date.parse('2026-01-01T00:00:00Z');

const leaseMs = 30_000;
/** As far as Postgres's clock may be off: JWT_CLOCK_SKEW_SECONDS. */
const maximumOffSeconds = 60;
const clockOf = ({ now, clockOff }: World) => new Date(now + clockOff);

function newWorld(): World {
  const none = { keys: [], made: 0, seen: [], tokens: [], promotions: 0, waits: 0, promoted: undefined };
  return { now: start, clockOff: 0, epoch: 0, verifiers: new Map(), ...none };
}

/** As the rotator reads them: by the lease, and by what it remembers of those that were there. */
function verifiersOf(world: World): Verifier[] {
  return [...world.verifiers].flatMap(([id, { kids, ackedAt }]) => {
    const silentMs = clockOf(world).getTime() - ackedAt;
    const verifier = { boot: String(id), instance: `verifier-${id}`, epoch: world.epoch, kids };
    return silentMs > policy.graceSeconds * 1000 ? [] : [{ ...verifier, live: silentMs < leaseMs }];
  });
}

function newKey(world: World, state: 'active' | 'pending'): PublicKey {
  const at = clockOf(world);
  world.made += 1;
  return {
    kid: `key-${world.made}`,
    alg: 'ES256',
    state,
    jwk: {},
    probe: null,
    publishedAt: at,
    activatedAt: state === 'active' ? at : null,
    retiringSince: null,
    retiredAt: null,
    revokedAt: null,
    leavesAt: null,
  };
}

const keySetOf = (world: World): KeySet => ({ epoch: world.epoch, keys: world.keys, readAt: clockOf(world) });
const activeOf = ({ keys }: World) => keys.filter(({ state }) => state === 'active');

/** What rotate() does in its transaction: decides on the set as it is, changes it if its epoch is the one seen. */
function commit(world: World, seenEpoch: number): void {
  const verifiers = verifiersOf(world);
  const decision = decideRotation({ keySet: keySetOf(world), policy, verifiers, now: clockOf(world) });
  if (decision.kind === 'await-verifiers') world.waits += 1;
  if (decision.kind === 'not-due' || decision.kind === 'await-verifiers') return;
  if (decision.kind === 'refuse-empty-set') throw new Error(decision.reason);
  if (seenEpoch !== world.epoch) return;
  world.epoch += 1;
  if (decision.kind === 'first-start') {
    world.keys = [newKey(world, 'active'), newKey(world, 'pending')];
    return;
  }
  world.keys = world.keys.filter(({ kid }) => !decision.retire.includes(kid));
  if (decision.kind === 'retire-only') return;
  if (decision.kind === 'promote') promote(world, decision);
  if (decision.kind === 'publish-standby' || decision.publishStandby)
    world.keys.push(newKey(world, 'pending'));
}

function promote(world: World, decision: { promote: string; demote: string; leavesAt: Date }): void {
  const now = clockOf(world);
  world.promotions += 1;
  const verifiers = verifiersOf(world);
  const there = verifiers.some(({ live }) => live) ? verifiers.filter(({ live }) => live) : verifiers;
  const passed = there.filter(({ kids }) => !kids.includes(decision.promote)).map(({ instance }) => instance);
  world.promoted = { kid: decision.promote, passed };
  for (const key of world.keys) {
    if (key.kid === decision.demote)
      Object.assign(key, { state: 'retiring', retiringSince: now, leavesAt: decision.leavesAt });
    if (key.kid === decision.promote) Object.assign(key, { state: 'active', activatedAt: now });
  }
}

function perform(world: World, step: Step): void {
  world.promoted = undefined;
  if (step.do === 'set-clock') world.clockOff = step.secondsOff * 1000;
  if (step.do === 'acknowledge')
    world.verifiers.set(step.verifier, {
      kids: world.keys.map(({ kid }) => kid),
      ackedAt: clockOf(world).getTime(),
    });
  if (step.do === 'lose-acknowledgements') world.verifiers.delete(step.verifier);
  const silent = step.do === 'fall-silent' ? world.verifiers.get(step.verifier) : undefined;
  if (silent) silent.ackedAt -= leaseMs;
  if (step.do === 'wait') world.now += step.seconds * 1000;
  if (step.do === 'look') world.seen[step.rotator] = world.epoch;
  if (step.do === 'commit') commit(world, world.seen[step.rotator] ?? -1);
  if (step.do === 'lose-standby') world.keys = world.keys.filter(({ state }) => state !== 'pending');
  const [active] = activeOf(world);
  if (step.do === 'mint' && active) {
    const ttl = settings.ACCESS_TOKEN_TTL_SECONDS + settings.JWT_CLOCK_SKEW_SECONDS + step.slowSeconds;
    // Its times are Postgres's; whoever is shown it goes by true time.
    world.tokens.push({ kid: active.kid, acceptedUntil: clockOf(world).getTime() + ttl * 1000 });
  }
}

/** Each promise that is broken, as a sentence. */
function brokenPromises(world: World, before: { epoch: number; kids: Map<string, PublicKey> }): string[] {
  const broken: string[] = [];
  const published = new Map(world.keys.map((key) => [key.kid, key]));
  if (world.epoch < before.epoch) broken.push('the epoch went back');
  if (world.epoch > 0 && activeOf(world).length !== 1) broken.push('there is not exactly one active key');
  if (before.epoch > 0 && world.keys.length === 0) broken.push('the set is empty');
  for (const { kid, acceptedUntil } of world.tokens) {
    if (acceptedUntil <= world.now) continue;
    const leavesAt = published.get(kid)?.leavesAt;
    if (!published.has(kid)) broken.push(`${kid} left before its last token`);
    if (leavesAt && leavesAt.getTime() < acceptedUntil)
      broken.push(`${kid} will leave before its last token`);
  }
  for (const { kid, state, publishedAt } of world.keys) {
    const signsSinceNow = state === 'active' && before.kids.get(kid)?.state === 'pending';
    const publishedSeconds = (clockOf(world).getTime() - publishedAt.getTime()) / 1000;
    if (signsSinceNow && publishedSeconds < policy.minimumPublishedSeconds)
      broken.push(`${kid} was promoted after ${publishedSeconds} s`);
  }
  for (const name of world.promoted?.passed ?? []) broken.push(`${name} was passed`);
  return broken;
}

const rotators = 3;
const rotator = fc.nat(rotators - 1);
const verifier = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.nat(400) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('look' as const), rotator }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('commit' as const), rotator }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('mint' as const), slowSeconds: fc.nat(mintTimeoutSeconds) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'lose-standby' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('set-clock' as const),
      secondsOff: fc.integer({ min: -maximumOffSeconds, max: maximumOffSeconds }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('acknowledge' as const), verifier }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('lose-acknowledgements' as const, 'fall-silent' as const),
      verifier,
    }),
  },
);

describe('over any history of looks, pauses, stale commits, lost acknowledgements, clock steps and tokens', () => {
  it('one key signs, none leaves early or signs early, the set is never empty and its epoch only grows', () => {
    let promotions = 0;
    let waits = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
        const world = newWorld();
        for (const next of steps) {
          const kids = new Map(world.keys.map((key) => [key.kid, { ...key }]));
          const before = { epoch: world.epoch, kids };
          perform(world, next);
          const broken = brokenPromises(world, before);
          if (broken.length > 0) throw new Error(broken.join('; '));
        }
        promotions += world.promotions;
        waits += world.waits;
      }),
      { numRuns: 500 },
    );
    // A property that never sees a promotion would hold for a service that does nothing.
    expect(promotions).toBeGreaterThan(100);
    expect(waits).toBeGreaterThan(100);
  });

  it('ticks of the default schedule promote every time', () => {
    const world = newWorld();
    commit(world, 0);
    for (let tick = 1; tick <= 50; tick += 1) {
      world.now += 300_000;
      commit(world, world.epoch);
      expect(world.promotions).toBe(tick);
      expect(world.keys.length).toBeLessThanOrEqual(6);
    }
  });
});
