/**
 * A storm over the signing keys: callers that never rest, a rotation as soon as the last one allows, and one injected
 * failure after another. Whatever happens, no valid token is refused, no invalid one is accepted, one key signs, and
 * the epoch only grows.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '@swfx/testkit';
import { createRotatorBell, type RotatorBell } from './ask-rotator';
import { startKeyPlatform, type KeyPlatform } from './key-platform';
import { untilReady } from './service-process';
import { startTokenLoad, type LoadReport, type TokenLoad } from './token-load';

export interface StormReport extends LoadReport {
  seconds: number;
  rotations: number;
  revocations: number;
  /** How often each failure was injected. */
  injected: Record<string, number>;
  brokenPromises: string[];
}

interface Storm {
  platform: KeyPlatform;
  load: TokenLoad;
  bell: RotatorBell;
  pick<T>(list: readonly T[]): T;
}

/** Injects a failure and mends it; what it did not mend, `recover` does. */
type Injection = (storm: Storm) => Promise<void>;

const shortly = () => sleep(500 + Math.random() * 1_500);

const injections: Record<string, Injection> = {
  async 'gateway killed'({ platform, pick }) {
    const gateway = pick(platform.gateways);
    await gateway.kill();
    await shortly();
    gateway.start();
  },
  async 'Redis stopped and come back empty'({ platform }) {
    await platform.redis.stop();
    await shortly();
    await platform.redis.start();
  },
  async 'Postgres killed'({ platform }) {
    await platform.postgres.kill();
    await shortly();
    await platform.postgres.start();
  },
  async 'gateway stopped by SIGSTOP for longer than its lease'({ platform, pick }) {
    const gateway = pick(platform.gateways);
    gateway.pause();
    await sleep(6_000);
    gateway.resume();
  },
  async 'rotator killed'({ platform, pick }) {
    const rotator = pick(platform.rotators);
    await rotator.kill();
    await shortly();
    rotator.start();
  },
  async 'Postgres made to hang'({ platform }) {
    await platform.postgres.pause();
    await shortly();
    await platform.postgres.resume();
  },
  async 'Postgres and Redis gone at once'({ platform }) {
    await Promise.all([platform.postgres.kill(), platform.redis.stop()]);
    await shortly();
    await Promise.all([platform.postgres.start(), platform.redis.start()]);
  },
  async 'rotator killed while Redis is gone'({ platform, pick }) {
    const rotator = pick(platform.rotators);
    await Promise.all([platform.redis.stop(), rotator.kill()]);
    await shortly();
    rotator.start();
    await platform.redis.start();
  },
};

export interface StormOptions {
  /** Ends when both are reached, or at `maximumSeconds`. */
  rotations: number;
  rounds: number;
  maximumSeconds: number;
  callers: number;
  log(line: string): void;
}

export async function runStorm(options: StormOptions): Promise<StormReport> {
  const platform = await startKeyPlatform({ gateways: 3, rotators: 2 });
  const bell = createRotatorBell(platform.pool, platform.redis.url);
  const load = startTokenLoad(platform, options.callers);
  const startedAt = performance.now();
  const elapsedSeconds = () => (performance.now() - startedAt) / 1000;
  const injected: Record<string, number> = {};
  const watch = startPromiseWatch(platform);
  const rotating = startRotating(platform, bell);
  const storm: Storm = { platform, load, bell, pick: takeTurns() };
  let revocations = 0;
  try {
    const names = Object.keys(injections);
    for (let round = 0; elapsedSeconds() < options.maximumSeconds; round += 1) {
      if (round >= options.rounds && (await countRotations(platform)) >= options.rotations) break;
      const name = names[round % names.length] ?? '';
      options.log(`${elapsedSeconds().toFixed(1).padStart(7)} s  ${name}`);
      await injections[name]?.(storm);
      injected[name] = (injected[name] ?? 0) + 1;
      await recover(platform);
      if (round % 4 === 3) {
        await revoke(storm, watch.broken);
        revocations += 1;
      }
    }
    const rotations = await countRotations(platform);
    const report = await load.stop();
    return {
      ...report,
      seconds: elapsedSeconds(),
      rotations,
      revocations,
      injected,
      brokenPromises: watch.broken,
    };
  } finally {
    await load.stop();
    await rotating.stop();
    await watch.stop();
    bell.stop();
    await platform.stop();
  }
}

async function recover(platform: KeyPlatform): Promise<void> {
  await untilReady([...platform.gateways, ...platform.rotators]);
}

/** Revokes the key that signs: every gateway refuses it as soon as it has heard, and calls go on with its successor. */
async function revoke({ platform, load, bell }: Storm, broken: string[]): Promise<void> {
  const kid = await activeKid(platform);
  load.revoked(kid);
  await bell.ask({ kind: 'revoke', kid });
  const known = async () =>
    (await Promise.all(platform.gateways.map(({ url }) => publishes(url, kid)))).every((is) => !is);
  await waitUntil(known, { timeoutMs: 40_000, describe: `every gateway has dropped ${kid}` }).catch(
    (error: Error) => broken.push(error.message),
  );
}

async function publishes(url: string, kid: string): Promise<boolean> {
  const response = await fetch(`${url}/.well-known/jwks.json`, { signal: AbortSignal.timeout(2_000) });
  return (await response.text()).includes(kid);
}

async function activeKid({ pool }: KeyPlatform): Promise<string> {
  const { rows } = await pool.query<{ kid: string }>(`SELECT kid FROM signing_key WHERE state = 'active'`);
  return rows[0]?.kid ?? '';
}

async function countRotations({ pool }: KeyPlatform): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM audit_event WHERE action = 'jwt_key_rotated'`,
  );
  return rows[0]?.count ?? 0;
}

/** Asks for the next rotation as soon as the last request is done. */
function startRotating({ pool }: KeyPlatform, bell: RotatorBell): { stop(): Promise<void> } {
  return startLoop(500, async () => {
    const { rowCount } = await pool.query(
      `SELECT 1 FROM rotation_request WHERE kind = 'rotate' AND state IN ('queued', 'running')`,
    );
    if (rowCount === 0) await bell.ask({ kind: 'rotate' });
  });
}

/** What must be true of the set at every moment at which it can be looked at. */
function startPromiseWatch({ pool }: KeyPlatform): { broken: string[]; stop(): Promise<void> } {
  const broken: string[] = [];
  let lastEpoch = 0;
  const loop = startLoop(100, async () => {
    const { rows } = await pool.query<{ epoch: string; active: number }>(
      `SELECT epoch, (SELECT count(*)::int FROM signing_key WHERE state = 'active') AS active FROM key_set`,
    );
    const { epoch = 0, active = 0 } = rows[0] ?? {};
    if (Number(epoch) < lastEpoch) broken.push(`the epoch went from ${lastEpoch} to ${epoch}`);
    if (active !== 1) broken.push(`${active} keys were active at epoch ${epoch}`);
    lastEpoch = Number(epoch);
  });
  return { broken, stop: loop.stop };
}

/** Repeats work that may fail, as Postgres is taken away under it. */
function startLoop(pauseMs: number, work: () => Promise<unknown>): { stop(): Promise<void> } {
  let stopping = false;
  async function loop(): Promise<void> {
    while (!stopping) {
      await work().catch(() => undefined);
      await sleep(pauseMs);
    }
  }
  const running = loop();
  return {
    async stop() {
      stopping = true;
      await running;
    },
  };
}

/** One after the other, so that in a short storm too each replica has its share. */
function takeTurns(): Storm['pick'] {
  let turn = 0;
  return <T>(list: readonly T[]) => list[turn++ % list.length] as T;
}
