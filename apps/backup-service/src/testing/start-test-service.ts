import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@swfx/config';
import { facts, type Fact } from '@swfx/messaging';
import { createTestDatabase, createTestRedis, waitUntil, type TestDatabase } from '@swfx/testkit';
import { Registry } from 'prom-client';
import { createApp } from '../app';
import { configSchema } from '../config';

/** An ops database, a Redis and a folder that outlive the services that a test starts and stops on them. */
export interface TestGround {
  ops: TestDatabase;
  /** DATABASE_URL and REDIS_URL of a service, or of an operator with another role. */
  environment(role?: string): Promise<Record<string, string>>;
  folder: string;
  backupDir: string;
  start(settings: Record<string, string>): Promise<TestService>;
  /** Says a fact, as another process would. */
  publish<Data>(fact: Fact<Data>, data: Data): Promise<void>;
  /** Makes a backup due, as an operator would. Returns its id. */
  request(database?: string): Promise<string>;
  /** Waits until a run is over, and returns its row. */
  ended(id: string): Promise<RunRow>;
  /** Waits for the verdict on a backup, and returns its row. */
  judged(id: string): Promise<BackupRow>;
  auditActions(id: string): Promise<string[]>;
  drop(): Promise<void>;
}

export interface TestService {
  get(path: string): Promise<Response>;
  /** Where the admin API listens; undefined where there is none. */
  adminUrl: string | undefined;
  /** The value of one series, written as the exposition writes it. */
  metric(series: string): Promise<number>;
  stop(): Promise<void>;
}

export interface RunRow {
  state: string;
  attempt: number;
  failures: number;
  reason: string | null;
  error: string | null;
  phase: string | null;
}

export interface BackupRow {
  verdict: string;
  verdict_reason: string | null;
  location: string;
  size_bytes: string;
}

/** Prepares the ground; `redisUrl` replaces a Redis of its own. */
export async function prepareGround(options: { redisUrl?: string } = {}): Promise<TestGround> {
  const ops = await createTestDatabase();
  const redis = options.redisUrl === undefined ? await createTestRedis() : undefined;
  const redisUrl = options.redisUrl ?? (redis as { url: string }).url;
  const folder = await mkdtemp(join(tmpdir(), 'swfx-backup-'));
  const databaseUrl = await ops.urlAs('swfx_backup');
  const publish = async <Data>(fact: Fact<Data>, data: Data) => {
    await redis?.client.publish(fact.topic, JSON.stringify({ v: fact.v, data }));
  };
  const one = async <Row>(sql: string, id: string) =>
    (await ops.pool.query(sql, [id])).rows[0] as Row | undefined;
  return {
    ops,
    folder,
    backupDir: join(folder, 'backups'),
    environment: async (role = 'swfx_backup') =>
      environmentOf(folder, {
        databaseUrl: role === 'swfx_backup' ? databaseUrl : await ops.urlAs(role),
        redisUrl,
      }),
    start: (settings) => startService(environmentOf(folder, { databaseUrl, redisUrl, ...settings })),
    publish,
    async request(database = 'platform') {
      const { rows } = await ops.pool.query<{ id: string }>(
        `INSERT INTO backup_run (database, requested_by) VALUES ($1, 'test') RETURNING id`,
        [database],
      );
      const id = (rows[0] as { id: string }).id;
      await publish(facts.backupProgressed, { backupId: id, phase: 'requested' });
      return id;
    },
    ended: (id) =>
      waitUntil(
        async () => {
          const row = await one<RunRow>('SELECT * FROM backup_run WHERE id = $1', id);
          return row && ['succeeded', 'failed'].includes(row.state) && row;
        },
        { timeoutMs: 90_000, describe: 'the run is over' },
      ),
    judged: (id) =>
      waitUntil(
        async () => {
          const row = await one<BackupRow>('SELECT * FROM backup WHERE id = $1', id);
          return row && row.verdict !== 'NOT_YET' && row;
        },
        { timeoutMs: 90_000, describe: 'the backup has its verdict' },
      ),
    async auditActions(id) {
      const { rows } = await ops.pool.query<{ action: string }>(
        `SELECT action FROM audit_event WHERE record::json -> 'operation' ->> 'id' = $1 ORDER BY occurred_at, id`,
        [id],
      );
      return rows.map((row) => row.action);
    },
    async drop() {
      await redis?.drop();
      await ops.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function environmentOf(
  folder: string,
  { databaseUrl, redisUrl, ...settings }: { databaseUrl: string; redisUrl: string } & Record<string, string>,
): Record<string, string> {
  return {
    ENVIRONMENT: 'test',
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    LOG_LEVEL: 'error',
    ACCESS_LOG_FILE: join(folder, 'access.log'),
    AUDIT_LOG_FILE: join(folder, 'audit.log'),
    SPOOL_DIR: join(folder, 'spool'),
    PROMETHEUS_HOST: '127.0.0.1',
    PROMETHEUS_PORT: '0',
    ADMIN_PORT: '0',
    BACKUP_DIR: join(folder, 'backups'),
    BACKUP_RETRY_SECONDS: '0',
    BACKUP_STOP_GRACE_SECONDS: '0',
    PATH: process.env['PATH'] ?? '',
    ...settings,
  };
}

async function startService(environment: Record<string, string>): Promise<TestService> {
  const app = await createApp(loadConfig(configSchema, environment), { registry: new Registry() });
  const get = (path: string) => fetch(`http://127.0.0.1:${app.operationsPort}${path}`);
  return {
    get,
    adminUrl: app.adminPort === undefined ? undefined : `http://127.0.0.1:${app.adminPort}`,
    stop: () => app.stop(),
    async metric(series) {
      const lines = (await (await get('/metrics')).text()).split('\n');
      const line = lines.find((candidate) => candidate.startsWith(`${series} `));
      if (!line) throw new Error(`there is no series ${series}`);
      return Number(line.slice(series.length + 1));
    },
  };
}

/** The BACKUP_TARGETS of one database. */
export function targets(url: string, name = 'platform'): string {
  return JSON.stringify([{ name, url }]);
}

/** Settings of a service whose backups nobody waits to be proven: a proof starts a server of its own each time. */
export const unproven = { BACKUP_PROVE_EACH: 'false', BACKUP_PROVE_SCHEDULE_CRON: '0 0 1 1 *' };
