/**
 * How long it takes until every gateway has what was committed. A rotation: from the commit of the set to the last
 * gateway's acknowledgement, both by Postgres's clock, so that nothing of the measuring is in it. A revocation: from
 * the commit of the tombstone, by Postgres's clock, to the last gateway's first refusal of a token of that key, as a
 * caller sees it who asks again two milliseconds after each answer. A gateway that is cut off from Postgres and Redis
 * hears of neither; there a revocation takes what the token has left to live. Postgres dates a commit before it has
 * written it to disk, so that what its disk takes is in all of these times.
 */
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '@swfx/testkit';
import { createRotatorBell, type RotatorBell } from './ask-rotator';
import {
  pollSeconds,
  startKeyPlatform,
  tokenTtlSeconds,
  type GatewayProcess,
  type KeyPlatform,
} from './key-platform';
import { percentile } from './percentile';

/** Milliseconds. */
export interface Propagation {
  samples: number;
  p50: number;
  p99: number;
}

export interface PropagationReport {
  gateways: number;
  pollSeconds: number;
  tokenTtlSeconds: number;
  rotation: { withRedis: Propagation; withoutRedis: Propagation };
  revocation: { withRedis: Propagation; withoutRedis: Propagation; cutOffFromBoth: Propagation };
}

/** Both times are Postgres's: how often it is looked at is no part of them, and must not keep the machine busy. */
const nowAndThen = { intervalMs: 20, timeoutMs: 60_000 };
const connections = new Agent({ keepAlive: true });

export async function benchPropagation(counts: {
  fast: number;
  slow: number;
  cutOff: number;
}): Promise<PropagationReport> {
  const cutOffFromBoth = await benchCutOff(counts.cutOff);
  const platform = await startKeyPlatform({ gateways: 3, rotators: 1, cuttable: false });
  const bell = createRotatorBell(platform.pool, platform.redis.url);
  const rotation = () => timeRotation(platform, bell);
  const revocation = () => timeRevocation(platform, bell);
  try {
    const fast = {
      rotation: await repeat(counts.fast, rotation),
      revocation: await repeat(counts.fast, revocation),
    };
    await platform.redis.stop();
    const slow = {
      rotation: await repeat(counts.slow, rotation),
      revocation: await repeat(counts.slow, revocation),
    };
    return {
      gateways: platform.gateways.length,
      pollSeconds,
      tokenTtlSeconds,
      rotation: { withRedis: fast.rotation, withoutRedis: slow.rotation },
      revocation: { withRedis: fast.revocation, withoutRedis: slow.revocation, cutOffFromBoth },
    };
  } finally {
    bell.stop();
    await platform.stop();
  }
}

async function benchCutOff(count: number): Promise<Propagation> {
  const platform = await startKeyPlatform({ gateways: 1, rotators: 1, cuttable: true });
  const bell = createRotatorBell(platform.pool, platform.redis.url);
  try {
    return await repeat(count, () => timeCutOff(platform, bell));
  } finally {
    bell.stop();
    await platform.stop();
  }
}

async function timeCutOff(platform: KeyPlatform, bell: RotatorBell): Promise<number> {
  const { gateways, pool } = platform;
  const [gateway] = gateways as [GatewayProcess];
  const before = await epochOf(pool);
  const { token, kid } = await login(platform);
  const lines = Object.values(gateway.lines);
  for (const line of lines) line.cut();
  await bell.ask({ kind: 'revoke', kid });
  const refusedAt = await untilRefused(gateway.url, token);
  const { at, epoch } = await lastCommit(pool);
  for (const line of lines) line.mend();
  if (epoch !== before + 1) throw new Error('the key was not revoked while its token was valid');
  await waitUntil(async () => (await publishedKids(gateway.url)).every((published) => published !== kid));
  return refusedAt - at;
}

async function publishedKids(url: string): Promise<string[]> {
  const response = await fetch(`${url}/.well-known/jwks.json`);
  return ((await response.json()) as { keys: { kid: string }[] }).keys.map((key) => key.kid);
}

/** When the set was last changed, by Postgres's clock, and the epoch that it has since. */
async function lastCommit(pool: KeyPlatform['pool']): Promise<{ at: number; epoch: number }> {
  const { rows } = await pool.query<{ at: Date; epoch: string }>(
    'SELECT pg_xact_commit_timestamp(xmin) AS at, epoch FROM key_set',
  );
  return { at: rows[0]?.at.getTime() ?? Number.NaN, epoch: Number(rows[0]?.epoch) };
}

async function repeat(count: number, measure: () => Promise<number>): Promise<Propagation> {
  const samples: number[] = [];
  while (samples.length < count) samples.push(await measure());
  return { samples: count, p50: percentile(samples, 50), p99: percentile(samples, 99) };
}

async function timeRotation({ pool, gateways }: KeyPlatform, bell: RotatorBell): Promise<number> {
  const before = await epochOf(pool);
  await bell.ask({ kind: 'rotate', force: true });
  return waitUntil(async () => {
    const { rows } = await pool.query<{ count: number; ms: number }>(
      `SELECT count(*)::int AS count,
         1000 * extract(epoch FROM max(a.acked_at) - min(pg_xact_commit_timestamp(s.xmin)))::float8 AS ms
       FROM key_set s JOIN verifier_ack a ON a.epoch = s.epoch WHERE s.epoch > $1`,
      [before],
    );
    return rows[0]?.count === gateways.length && rows[0].ms;
  }, nowAndThen);
}

async function timeRevocation(platform: KeyPlatform, bell: RotatorBell): Promise<number> {
  const { pool, gateways } = platform;
  const before = await epochOf(pool);
  const { token, kid } = await login(platform);
  await bell.ask({ kind: 'revoke', kid });
  const refusedAt = await Promise.all(gateways.map(({ url }) => untilRefused(url, token)));
  const { at, epoch } = await lastCommit(pool);
  if (epoch !== before + 1) throw new Error('something else changed the set meanwhile');
  return Math.max(...refusedAt) - at;
}

async function untilRefused(url: string, token: string): Promise<number> {
  const deadline = Date.now() + 60_000;
  while ((await call(url, token)) !== 401) {
    if (Date.now() > deadline) throw new Error(`${url} goes on accepting a token of a revoked key`);
    await sleep(2);
  }
  return Date.now();
}

/** By Node's plain client: that of `fetch` costs more than what is measured. */
function call(url: string, token: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    get(`${url}/api/x`, { agent: connections, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    }).on('error', reject);
  });
}

async function login({ gateways, user }: KeyPlatform): Promise<{ token: string; kid: string }> {
  const response = await fetch(`${gateways[0]?.url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(user),
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  const header = Buffer.from(token.split('.')[0] ?? '', 'base64url').toString();
  return { token, kid: (JSON.parse(header) as { kid: string }).kid };
}

async function epochOf(pool: KeyPlatform['pool']): Promise<number> {
  const { rows } = await pool.query<{ epoch: string }>('SELECT epoch FROM key_set');
  return Number(rows[0]?.epoch);
}
