import { existsSync, readdirSync } from 'node:fs';
import { waitUntil } from '@swfx/testkit';
import type { BackupPlatform } from './backup-platform';

/** A step at which the process is killed: how the run is brought to it, and how it is known that it is there. */
export interface KillPoint {
  name: string;
  /** Makes the run stop, or linger, at the step; what it returns takes that back. */
  prepare?: (platform: BackupPlatform) => Promise<() => Promise<void>>;
  /** Resolves when the run is there. */
  reached: (platform: BackupPlatform, id: string) => Promise<unknown>;
}

const until = (condition: () => unknown, describe: string) =>
  waitUntil(async () => condition(), { timeoutMs: 60_000, intervalMs: 5, describe });
/** Files of this run's attempts whose name ends so. */
const stored = (ending: string, describe: string) => (platform: BackupPlatform, id: string) =>
  until(() => {
    const { backupDir } = platform;
    const files = existsSync(backupDir) ? (readdirSync(backupDir, { recursive: true }) as string[]) : [];
    return files.some((name) => name.includes(id) && name.endsWith(ending));
  }, describe);

/** Waits for a phase of the run, as its row tells it. */
const phase = (name: string) => (platform: BackupPlatform, id: string) =>
  waitUntil(
    async () => {
      const { rows } = await platform.pool.query<{ phase: string | null }>(
        'SELECT phase FROM backup_run WHERE id = $1',
        [id],
      );
      return rows[0]?.phase === name;
    },
    { timeoutMs: 60_000, intervalMs: 5, describe: `the run is ${name}` },
  );

/** Locks something in a session of our own until it is let go. */
const locking = (database: 'pool' | 'source', statement: string) => async (platform: BackupPlatform) => {
  const client = await platform[database].connect();
  await client.query(`BEGIN; ${statement}`);
  return async () => {
    await client.query('ROLLBACK');
    client.release();
  };
};

const dumpHeldAt = (bytes: number) => async (platform: BackupPlatform) => {
  platform.holdDumpAt(bytes);
  return async () => platform.holdDumpAt(undefined);
};

export const killPoints: KillPoint[] = [
  {
    name: 'the run is claimed',
    reached: async ({ pool }, id) =>
      waitUntil(
        async () =>
          (await pool.query(`SELECT 1 FROM backup_run WHERE id = $1 AND state = 'running'`, [id])).rowCount,
        { timeoutMs: 60_000, intervalMs: 2, describe: 'the run is claimed' },
      ),
  },
  {
    name: 'it waits for a lock',
    prepare: locking('source', 'LOCK TABLE held IN ACCESS EXCLUSIVE MODE'),
    reached: phase('locking'),
  },
  ...[1, 4_096, 65_536, 500_000].map((bytes) => ({
    name: `${bytes} bytes of the dump have been written`,
    prepare: dumpHeldAt(bytes),
    reached: stored('.partial', 'the dump is being stored'),
  })),
  {
    name: 'the dump is stored, and its fingerprint is not done',
    reached: stored('.sealed', 'the dump is stored'),
  },
  {
    name: 'the manifest is written, and nobody has been told',
    prepare: locking('pool', 'LOCK TABLE backup IN EXCLUSIVE MODE'),
    reached: stored('manifest.json', 'the manifest is there'),
  },
  {
    name: 'the backup is in the catalogue',
    reached: async ({ pool }, id) =>
      waitUntil(async () => (await pool.query('SELECT 1 FROM backup WHERE id = $1', [id])).rowCount, {
        timeoutMs: 60_000,
        intervalMs: 2,
        describe: 'the backup is in the catalogue',
      }),
  },
  {
    name: 'its proof has begun',
    reached: ({ scratchDir }) => {
      const before = readdirSync(scratchDir);
      return until(
        () => readdirSync(scratchDir).some((name) => !before.includes(name)),
        'the proof has begun',
      );
    },
  },
];
