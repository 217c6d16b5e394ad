/**
 * Gateways and rotators as processes on a Postgres and a Redis of their own, with a clock that is compressed by nothing
 * but their configuration: tokens that live for seconds, a poll of half a second, and rotations that an operator asks for
 * as fast as the inequalities allow, where the shortest schedule would ask for one a minute.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { Secret } from '@swfx/config';
import { createPool, migrate, type Pool } from '@swfx/database';
import {
  freePort,
  startCuttableLine,
  startHttpStandIn,
  startTestPostgres,
  startTestRedis,
  waitUntil,
  type CuttableLine,
} from '@swfx/testkit';
import { repository } from '../stack';
import { serviceProcess, untilReady, type ServiceProcess } from './service-process';

export const tokenTtlSeconds = 4;

/** How often a gateway reads the set where nobody tells it. */
export const pollSeconds = 0.5;
/** How long a standby must have been published before it signs: twice the slowest poll. */
export const minimumPublishedSeconds = 2 * 1.2 * pollSeconds;

export interface GatewayProcess extends ServiceProcess {
  url: string;
  /** Its ways to Postgres and to Redis, which can be cut. */
  lines: { postgres: CuttableLine; redis: CuttableLine };
}

export interface KeyPlatform {
  gateways: GatewayProcess[];
  rotators: ServiceProcess[];
  pool: Pool;
  postgres: Awaited<ReturnType<typeof startTestPostgres>>;
  redis: Awaited<ReturnType<typeof startTestRedis>>;
  user: { email: string; password: string };
  /** Where the processes' logs are, for whoever looks into a failure. */
  folder: string;
  /** Ends everything; `keep` leaves the folder. */
  stop(options?: { keep: boolean }): Promise<void>;
}

/** Where the gateways' lines are not to be cut they are not used: they are part of what an answer takes. */
export async function startKeyPlatform(counts: {
  gateways: number;
  rotators: number;
  cuttable: boolean;
}): Promise<KeyPlatform> {
  const folder = mkdtempSync(join(tmpdir(), 'swfx-keys-'));
  // What is committed must survive a crash, as in a deployment; tests otherwise trade that for speed.
  const settings = { synchronous_commit: 'on', fsync: 'on', track_commit_timestamp: 'on' };
  const postgres = await startTestPostgres({ settings });
  const redis = await startTestRedis();
  const upstream = await startHttpStandIn();
  await migrate({ databaseUrl: postgres.url() });
  const onIdleError = () => undefined;
  const pool = createPool({ url: new Secret(postgres.url()), applicationName: 'storm', max: 4, onIdleError });
  const env = environmentOf({ databaseUrl: postgres.url(), redisUrl: redis.url, upstreamUrl: upstream.url });
  const user = { email: 'storm@example.com', password: randomBytes(12).toString('hex') };
  addUser(user, env, folder);

  const rotators = await times(counts.rotators, async (at) =>
    serviceProcess({
      name: `rotator-${at}`,
      app: 'key-rotation-service',
      folder,
      operationsPort: await freePort(),
      env,
    }),
  );
  const gateways = await times(counts.gateways, async (at) => {
    const port = await freePort();
    const lines = { postgres: await startCuttableLine(postgres), redis: await startCuttableLine(redis) };
    const process = serviceProcess({
      name: `gateway-${at}`,
      app: 'api-gateway',
      folder,
      operationsPort: await freePort(),
      env: {
        ...env,
        HTTP_PORT: String(port),
        ...(counts.cuttable && {
          DATABASE_URL: through(lines.postgres, postgres.url()),
          REDIS_URL: through(lines.redis, redis.url),
        }),
      },
    });
    return { ...process, lines, url: `http://127.0.0.1:${port}` };
  });
  for (const process of [...rotators, ...gateways]) process.start();
  await untilReady([...rotators, ...gateways]);
  await waitUntil(() => acknowledged(pool, counts.gateways), { describe: 'every gateway has acknowledged' });
  return {
    ...{ gateways, rotators, pool, postgres, redis, user, folder },
    async stop({ keep } = { keep: false }) {
      await Promise.all([...gateways, ...rotators].map((process) => process.stop()));
      for (const { lines } of gateways) await Promise.all([lines.postgres.stop(), lines.redis.stop()]);
      await pool.end();
      await upstream.stop();
      await redis.drop();
      await postgres.drop();
      if (!keep) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The same address, by way of a line. */
function through({ port }: CuttableLine, url: string): string {
  return Object.assign(new URL(url), { port: String(port) }).href;
}

function environmentOf(at: {
  databaseUrl: string;
  redisUrl: string;
  upstreamUrl: string;
}): Record<string, string> {
  return {
    ENVIRONMENT: 'test',
    DATABASE_URL: at.databaseUrl,
    REDIS_URL: at.redisUrl,
    LOG_LEVEL: 'info',
    HTTP_HOST: '127.0.0.1',
    PROMETHEUS_HOST: '127.0.0.1',
    KEY_ENCRYPTION_KEYS: `storm:${randomBytes(32).toString('base64')}`,
    ACCESS_TOKEN_TTL_SECONDS: String(tokenTtlSeconds),
    JWT_CLOCK_SKEW_SECONDS: '0',
    JWKS_MAX_AGE_SECONDS: '0',
    KEY_SET_POLL_SECONDS: String(pollSeconds),
    VERIFIER_LEASE_SECONDS: '5',
    JWT_ROTATION_GRACE_PERIOD_SECONDS: String(tokenTtlSeconds + 10),
    JWT_ROTATION_LOCK_TTL_SEC: '20',
    // Never during a run: what rotates is what asks for it.
    JWT_ROTATION_SCHEDULE_CRON: '0 0 1 1 *',
    LOGIN_ADDRESS_FREE_FAILURES: '100000',
    ROUTES: JSON.stringify([
      {
        prefix: '/api',
        upstream: at.upstreamUrl,
        scopes: { read: 'platform:read', write: 'platform:write' },
      },
    ]),
  };
}

function addUser(user: KeyPlatform['user'], env: Record<string, string>, folder: string): void {
  const operator = join(repository, 'apps/api-gateway/dist/operator.js');
  const words = ['users', 'add', user.email, '--scopes', 'platform:read platform:write', '--password-stdin'];
  const { DATABASE_URL, REDIS_URL } = env;
  const { status, stderr } = spawnSync(process.execPath, [operator, ...words], {
    cwd: folder,
    input: `${user.password}\n`,
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL,
      REDIS_URL,
      AUDIT_LOG_FILE: join(folder, 'operator.audit.log'),
    },
  });
  if (status !== 0) throw new Error(`the user could not be added: ${stderr}`);
}

async function acknowledged(pool: Pool, gateways: number): Promise<boolean> {
  const { rows } = await pool.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM verifier_ack, key_set WHERE verifier_ack.epoch = key_set.epoch',
  );
  return rows[0]?.count === gateways;
}

function times<T>(count: number, make: (at: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, at) => make(at + 1)));
}
