/**
 * A storm over the signing keys: callers that never rest, a rotation as soon as the last one allows, and one injected
 * failure after another. Whatever happens, no valid token is refused, no invalid one is accepted, one key signs, and
 * the epoch only grows.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '@swfx/testkit';
import { createRotatorBell, type RotatorBell } from './ask-rotator';
import { injections } from './injections';
import { minimumPublishedSeconds, startKeyPlatform, type KeyPlatform } from './key-platform';
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

export interface StormOptions {
  /** Ends when both are reached, or at `maximumSeconds`. */
  rotations: number;
  rounds: number;
  maximumSeconds: number;
  /** How many rotations are left in peace after each injection. */
  rotationsBetween: number;
  callers: number;
  log(line: string): void;
}

interface Storm {
  platform: KeyPlatform;
  load: TokenLoad;
  bell: RotatorBell;
}

/** The key that signs is revoked each time that so many failures were injected. */
const injectionsPerRevocation = 4;

export async function runStorm(options: StormOptions): Promise<StormReport> {
  const platform = await startKeyPlatform({ gateways: 3, rotators: 2, cuttable: true });
  const bell = createRotatorBell(platform.pool, platform.redis.url);
  const load = startTokenLoad(platform, options.callers);
  const startedAt = performance.now();
  const elapsedSeconds = () => (performance.now() - startedAt) / 1000;
  const injected: Record<string, number> = {};
  const watch = startPromiseWatch(platform);
  const rotating = startRotating(platform, bell);
  const struck = { platform, pick: takeTurns() };
  const names = Object.keys(injections);
  let revocations = 0;
  let rotations = 0;
  /** What the processes logged is kept for whoever looks into it, unless all was well. */
  let keep = true;
  try {
    for (let round = 0; elapsedSeconds() < options.maximumSeconds; round += 1) {
      if (round >= options.rounds && rotations >= options.rotations) break;
      const name = names[round % names.length] as string;
      options.log(progress(elapsedSeconds(), { rotations, of: options.rotations, name }));
      await injections[name]?.(struck);
      injected[name] = (injected[name] ?? 0) + 1;
      await untilReady([...platform.gateways, ...platform.rotators]);
      if (round % injectionsPerRevocation === injectionsPerRevocation - 1) {
        await revoke({ platform, load, bell }, watch.broken);
        revocations += 1;
      }
      rotations = await untilRotated(platform, rotations + options.rotationsBetween);
    }
    const report = await load.stop();
    const seconds = Math.round(elapsedSeconds());
    keep = [report.validRefused, report.invalidAccepted, watch.broken].flat().length > 0;
    return { ...report, seconds, rotations, revocations, injected, brokenPromises: watch.broken };
  } finally {
    await load.stop();
    await rotating.stop();
    await watch.stop();
    bell.stop();
    if (keep) options.log(`The logs of the processes are in ${platform.folder}`);
    await platform.stop({ keep });
  }
}

function progress(seconds: number, at: { rotations: number; of: number; name: string }): string {
  const { rotations, of, name } = at;
  const minutes = Math.max(0, Math.ceil(((of - rotations) * seconds) / rotations / 60));
  const left = rotations > 0 ? `${minutes} min left` : '';
  return `${seconds.toFixed(0).padStart(6)} s  ${String(rotations).padStart(5)} of ${of}  ${left.padEnd(12)}  ${name}`;
}

/** Waits for so many rotations, though not for ever: what stands in their way may need the next injection's end. */
async function untilRotated(platform: KeyPlatform, rotations: number): Promise<number> {
  const enough = async () => (await countRotations(platform)) >= rotations;
  await waitUntil(enough, { timeoutMs: 60_000, intervalMs: 200 }).catch(() => undefined);
  return countRotations(platform);
}

/** Revokes the key that signs: every gateway refuses it as soon as it has heard, and calls go on with its successor. */
async function revoke({ platform, load, bell }: Storm, broken: string[]): Promise<void> {
  const kid = await activeKid(platform);
  load.revoked(kid);
  await bell.ask({ kind: 'revoke', kid });
  const known = async () =>
    (await Promise.all(platform.gateways.map(({ url }) => publishes(url, kid)))).every((is) => !is);
  await waitUntil(known, { timeoutMs: 120_000, describe: `every gateway has dropped ${kid}` }).catch(
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

/** Asks for the next rotation as soon as the last request is done and its standby is old enough to sign. */
function startRotating({ pool }: KeyPlatform, bell: RotatorBell): { stop(): Promise<void> } {
  return startLoop(100, async () => {
    const { rowCount } = await pool.query(
      `SELECT 1 FROM signing_key WHERE state = 'pending'
         AND published_at <= clock_timestamp() - make_interval(secs => $1)
         AND NOT EXISTS (SELECT 1 FROM rotation_request WHERE kind = 'rotate' AND state IN ('queued', 'running'))`,
      [minimumPublishedSeconds],
    );
    if (rowCount) await bell.ask({ kind: 'rotate' });
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
function takeTurns(): <T>(list: readonly T[]) => T {
  let turn = 0;
  return <T>(list: readonly T[]) => list[turn++ % list.length] as T;
}
