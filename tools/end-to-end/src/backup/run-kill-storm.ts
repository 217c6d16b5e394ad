/**
 * Kills the backup service with SIGKILL at every step of a backup, brings it back, and looks: at no moment is there a
 * file that looks like a backup and is not; afterwards each run has made exactly one backup, which is proven, and
 * nothing else is left, neither in the storage nor among the processes.
 */
import { readdirSync } from 'node:fs';
import { waitUntil } from '@swfx/testkit';
import { untilReady } from '../keys/service-process';
import { sourceName, startBackupPlatform, type BackupPlatform } from './backup-platform';
import { killPoints, type KillPoint } from './kill-points';
import { lookAtStorage, programsAt } from './look-at-storage';

export interface KillStormReport {
  kills: number;
  /** What was found right after each kill. */
  rounds: { point: string; backups: number; leftovers: number }[];
  proven: number;
  /** Promises that were broken, in sentences; empty when all is well. */
  brokenPromises: string[];
}

export async function runKillStorm(options: {
  points?: readonly KillPoint[];
  /** How often each point is gone through. */
  turns: number;
  log: (line: string) => void;
}): Promise<KillStormReport> {
  const { points = killPoints, turns, log } = options;
  const report: KillStormReport = { kills: 0, rounds: [], proven: 0, brokenPromises: [] };
  const platform = await startBackupPlatform();
  try {
    const ids: string[] = [];
    platform.service.start();
    await untilReady([platform.service]);
    for (let turn = 1; turn <= turns; turn += 1)
      for (const point of points) ids.push(await killOnce(platform, point, { report, log }));
    await judge(platform, ids, report);
  } finally {
    await platform.stop({ keep: report.brokenPromises.length > 0 });
  }
  return report;
}

async function killOnce(
  platform: BackupPlatform,
  point: KillPoint,
  { report, log }: { report: KillStormReport; log: (line: string) => void },
): Promise<string> {
  const { pool, service } = platform;
  const before = lookAtStorage(platform.backupDir);
  const release = await point.prepare?.(platform);
  const { rows } = await pool.query<{ id: string }>(
    `INSERT INTO backup_run (database, requested_by) VALUES ('source', 'storm') RETURNING id`,
  );
  const { id } = rows[0] as { id: string };
  try {
    await point.reached(platform, id);
    await service.kill();
  } finally {
    await release?.();
  }
  report.kills += 1;
  const found = lookAtStorage(platform.backupDir);
  report.brokenPromises.push(
    ...found.lies.map((lie) => `${point.name}: ${lie} looks like a backup and is none`),
  );
  const backups = found.backups.length - before.backups.length;
  report.rounds.push({ point: point.name, backups, leftovers: found.leftovers.length });
  log(`killed when ${point.name}: ${backups} backups and ${found.leftovers.length} other files are there`);
  // Nobody renews its leases any more; that they run out is not waited for.
  await pool.query('UPDATE backup_run SET lease_until = now() WHERE lease_until IS NOT NULL');
  await pool.query('UPDATE backup SET proof_lease_until = now() WHERE proof_lease_until IS NOT NULL');
  service.start();
  await untilReady([service]);
  await ended(platform, id);
  return id;
}

async function ended({ pool }: BackupPlatform, id: string): Promise<void> {
  await waitUntil(
    async () => {
      const { rows } = await pool.query<{ state: string }>('SELECT state FROM backup_run WHERE id = $1', [
        id,
      ]);
      return rows[0]?.state === 'succeeded';
    },
    { timeoutMs: 120_000, describe: `the run ${id} has succeeded` },
  );
}

async function judge(
  platform: BackupPlatform,
  ids: readonly string[],
  report: KillStormReport,
): Promise<void> {
  const { pool } = platform;
  const promise = (kept: boolean, sentence: string) => {
    if (!kept) report.brokenPromises.push(sentence);
  };
  await waitUntil(
    async () => (await pool.query(`SELECT 1 FROM backup WHERE verdict = 'NOT_YET'`)).rowCount === 0,
    { timeoutMs: 60_000 + ids.length * 60_000, describe: 'every backup has its verdict' },
  );
  const { rows } = await pool.query<{ id: string; verdict: string }>('SELECT id, verdict FROM backup');
  report.proven = rows.filter(({ verdict }) => verdict === 'PROVEN').length;
  promise(report.proven === ids.length, `${report.proven} of ${ids.length} backups are proven`);
  const found = lookAtStorage(platform.backupDir);
  for (const id of ids) {
    const made = found.backups.filter((backup) => backup.id === id).length;
    promise(made === 1, `the run ${id} has made ${made} backups`);
  }
  promise(found.backups.length === ids.length, `${found.backups.length} backups lie in the storage`);
  promise(found.leftovers.length === 0, `left in the storage: ${found.leftovers.join(', ')}`);
  const programs = programsAt(sourceName);
  promise(programs.length === 0, `still running: ${programs.join(', ')}`);
  const secrets = secretsIn(platform);
  promise(secrets.length === 0, `left by dead processes: ${secrets.join(', ')}`);
}

/** Folders with a password or a pipe; the service has no work now. */
function secretsIn({ temporaryDir }: BackupPlatform): string[] {
  return readdirSync(temporaryDir).filter((name) => /^swfx-(?:pgpass|pipe)-/.test(name));
}
