/**
 * Capture, seal, store: one pass from the server to the storage, with flat memory. The dump and the row counts read
 * the same snapshot, side by side. What comes out is a manifest that is not written yet: until it is, there is no
 * backup, whatever the storage holds.
 */
import type { Client } from 'pg';
import { BackupError } from '../backup-error';
import type { DatabaseDescription } from '../capture/describe-database';
import { holdSnapshot, type HeldSnapshot } from '../capture/hold-snapshot';
import { countRows, type TableRows } from '../capture/list-tables';
import { startDump } from '../capture/start-dump';
import { findClientPrograms, type ClientPrograms } from '../postgres-client/find-client-programs';
import type { ServerAddress } from '../postgres-client/server-address';
import { withCredentials } from '../postgres-client/with-credentials';
import { findZstd } from '../programs/find-zstd';
import { runTogether } from '../programs/run-together';
import type { Manifest } from '../seal/manifest';
import { sealStream, type SealResult } from '../seal/seal-stream';
import { dumpFile } from '../storage/backup-folder';
import type { BackupWork } from './backup-work';

export interface BackupJob {
  id: string;
  attempt: number;
  /** The database's name among the targets. */
  database: string;
  address: ServerAddress;
  /** Connected to the database; its transaction will hold the snapshot. */
  session: Client;
  source: DatabaseDescription;
  /** Where in the storage the dump goes. */
  folder: string;
  signal: AbortSignal;
  onPhase: (phase: string) => void;
  onBytes: (dumpedBytes: number) => void;
}

type Settings = Pick<BackupWork, 'storage' | 'path' | 'compressionLevel' | 'lockWaitSeconds'>;

/** Takes one backup up to, and without, its manifest. Throws what went wrong; the folder may then hold leftovers. */
export async function takeBackup(job: BackupJob, settings: Settings): Promise<Manifest> {
  const { programs, zstd } = await findPrograms(job.source.serverMajor, settings.path);
  const startedAt = new Date();
  job.onPhase('locking');
  const snapshot = await holdSnapshot(job.session, settings.lockWaitSeconds);
  job.onPhase('dumping');
  const dumped = await dumpAndCount(job, settings, { snapshot, pgDump: programs.pgDump, zstd });
  await job.session.query('COMMIT');
  if (dumped.seal.dumpedBytes === 0)
    throw new BackupError('dump_failed', 'pg_dump succeeded and wrote nothing');
  return describe(job, { programs, startedAt, snapshot, ...dumped });
}

async function findPrograms(
  major: number,
  path: string,
): Promise<{ programs: ClientPrograms; zstd: string }> {
  const [programs, zstd] = await Promise.all([findClientPrograms(major, path), findZstd(path)]);
  if (!programs) throw missing(`pg_dump and pg_restore of Postgres ${major}`, `postgresql-client-${major}`);
  if (!zstd) throw missing('zstd', 'zstd');
  return { programs, zstd };
}

function missing(what: string, debianPackage: string): BackupError {
  const message = `this machine has no ${what}; install it, on Debian the package ${debianPackage}`;
  return new BackupError('client_missing', message, { permanent: true });
}

interface Dumped {
  seal: SealResult;
  tables: TableRows[];
  warnings: string;
}

async function dumpAndCount(
  job: BackupJob,
  settings: Settings,
  using: { snapshot: HeldSnapshot; pgDump: string; zstd: string },
): Promise<Dumped> {
  const { storage, compressionLevel: level, lockWaitSeconds } = settings;
  const { snapshot, pgDump, zstd } = using;
  const result: Dumped = { tables: [], warnings: '', seal: nothingSealed };
  let sealed = () => nothingSealed;
  await withCredentials(job.address, (env) =>
    runTogether(job.signal, (signal) => {
      // A count that takes minutes must not outlast a dump that has failed.
      signal.addEventListener('abort', () => void job.session.end().catch(() => undefined), { once: true });
      const dump = startDump({ pgDump, env, snapshotId: snapshot.id, lockWaitSeconds, signal });
      const seal = sealStream(dump.stdout, { zstd, level, signal, onBytes: job.onBytes });
      sealed = () => seal.result();
      return [
        dump.succeeded.then((stderr) => (result.warnings = stderr)),
        ...seal.parts,
        storage.put(`${job.folder}/${dumpFile}`, seal.sealed, signal),
        countRows(job.session, snapshot.tables).then((tables) => (result.tables = tables)),
      ];
    }),
  );
  return { ...result, seal: sealed() };
}

const nothingSealed: SealResult = { dumpedBytes: 0, dumpedSha256: '', storedBytes: 0, storedSha256: '' };

function describe(
  job: BackupJob,
  facts: Dumped & { programs: ClientPrograms; startedAt: Date; snapshot: HeldSnapshot },
): Manifest {
  const { source } = job;
  return {
    format: 'swfx-backup',
    version: 1,
    id: job.id,
    database: job.database,
    attempt: job.attempt,
    started_at: facts.startedAt.toISOString(),
    snapshot_at: facts.snapshot.takenAt.toISOString(),
    finished_at: new Date().toISOString(),
    source: {
      database: source.name,
      system_identifier: source.systemIdentifier,
      server_version: source.serverVersion,
      server_major: source.serverMajor,
      encoding: source.encoding,
      size_bytes: source.sizeBytes,
      extensions: source.extensions,
      roles: source.roles,
    },
    programs: { pg_dump: facts.programs.version },
    dump: {
      file: dumpFile,
      format: 'pg_dump custom',
      compression: 'zstd',
      dumped_bytes: facts.seal.dumpedBytes,
      dumped_sha256: facts.seal.dumpedSha256,
      stored_bytes: facts.seal.storedBytes,
      stored_sha256: facts.seal.storedSha256,
    },
    encryption: null,
    proof_level: 'rows',
    tables: facts.tables,
    warnings: facts.warnings.split('\n').filter((line) => line !== ''),
  };
}
