/** The backup service as a process, on a Postgres and a Redis of its own, with a small database to back up. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@swfx/config';
import { createPool, migrate, type Pool } from '@swfx/database';
import { findPostgresPrograms } from '@swfx/postgres-server';
import { freePort, startTestPostgres, startTestRedis } from '@swfx/testkit';
import { serviceProcess, type ServiceProcess } from '../keys/service-process';

export interface BackupPlatform {
  service: ServiceProcess;
  /** The ops database. */
  pool: Pool;
  /** The database that is backed up. */
  source: Pool;
  folder: string;
  backupDir: string;
  scratchDir: string;
  temporaryDir: string;
  /** From now on pg_dump stops after so many bytes, and goes on a byte at a time; undefined lets it run. */
  holdDumpAt(bytes: number | undefined): void;
  stop(options?: { keep: boolean }): Promise<void>;
}

export const sourceName = 'storm_source';

export async function startBackupPlatform(): Promise<BackupPlatform> {
  const folder = mkdtempSync(join(tmpdir(), 'swfx-storm-'));
  const postgres = await startTestPostgres({ settings: { synchronous_commit: 'on', fsync: 'on' } });
  const redis = await startTestRedis();
  await migrate({ databaseUrl: postgres.url() });
  const open = (url: string) =>
    createPool({ url: new Secret(url), applicationName: 'storm', max: 4, onIdleError: () => undefined });
  const pool = open(postgres.url());
  await pool.query(`CREATE DATABASE ${sourceName}`);
  const source = open(postgres.url(sourceName));
  await source.query(contents);
  const inside = (name: string) => join(folder, name);
  const backupDir = inside('backups');
  const scratchDir = inside('scratch');
  const temporaryDir = inside('tmp');
  mkdirSync(scratchDir);
  mkdirSync(temporaryDir);
  // Whoever runs the throwaway server of a proof, it has to get in.
  chmodSync(folder, 0o755);
  chmodSync(scratchDir, 0o777);
  const heldAt = inside('held-at');
  await makeHoldableDump(inside('programs'), heldAt);
  const service = serviceProcess({
    name: 'backup-service',
    app: 'backup-service',
    folder,
    operationsPort: await freePort(),
    env: {
      ...environmentOf(postgres.url(), redis.url),
      BACKUP_TARGETS: JSON.stringify([{ name: 'source', url: postgres.url(sourceName) }]),
      BACKUP_DIR: backupDir,
      BACKUP_SCRATCH_DIR: scratchDir,
      TMPDIR: temporaryDir,
      PATH: `${inside('programs')}:${process.env['PATH']}`,
    },
  });
  return {
    service,
    pool,
    source,
    folder,
    backupDir,
    scratchDir,
    temporaryDir,
    holdDumpAt: (bytes) =>
      bytes === undefined ? rmSync(heldAt, { force: true }) : writeFileSync(heldAt, `${bytes}`),
    async stop({ keep } = { keep: false }) {
      await service.kill();
      await pool.end();
      await source.end();
      await redis.stop();
      await postgres.stop();
      if (!keep) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Some megabytes, so that a fingerprint of one megabyte a second outlasts the dump. */
const contents = `
  CREATE TABLE entry (id int PRIMARY KEY, payload text NOT NULL);
  INSERT INTO entry SELECT i, md5(i::text) || md5((i * 7)::text) FROM generate_series(1, 20000) i;
  CREATE TABLE held (a int); INSERT INTO held SELECT generate_series(1, 100)`;

function environmentOf(databaseUrl: string, redisUrl: string): Record<string, string> {
  return {
    ENVIRONMENT: 'test',
    LOG_LEVEL: 'warn',
    PROMETHEUS_HOST: '127.0.0.1',
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    BACKUP_ENCRYPTION_KEYS: `storm:${randomBytes(32).toString('base64')}`,
    BACKUP_SIGNING_KEYS: `storm:${randomBytes(32).toString('base64')}`,
    BACKUP_FINGERPRINT_MEGABYTES_PER_SECOND: '1',
    BACKUP_MAX_ATTEMPTS: '20',
    BACKUP_RETRY_SECONDS: '0',
  };
}

/** The true pg_dump, unless it is told to stop: it then goes on as slowly as one that is starved, until nobody reads. */
async function makeHoldableDump(folder: string, heldAt: string): Promise<void> {
  const found = await findPostgresPrograms();
  if (!found.found) throw new Error(found.reason);
  const { pgDump, pgRestore } = found.programs;
  mkdirSync(folder);
  const scripts = {
    pg_dump: `[ -e '${heldAt}' ] && [ "$1" != --version ] || exec '${pgDump}' "$@"
'${pgDump}' "$@" | head -c "$(cat '${heldAt}')"
while printf x; do sleep 0.05; done`,
    pg_restore: `exec '${pgRestore}' "$@"`,
  };
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
}
