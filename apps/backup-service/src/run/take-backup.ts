/**
 * Capture, seal, store: one pass from the server to the storage, with flat memory. The dump and the fingerprint read
 * the same snapshot, side by side. What comes out is a manifest that is not written yet: until it is, there is no
 * backup, whatever the storage holds.
 */
import type { KeyObject } from 'node:crypto';
import type { Client } from 'pg';
import { BackupError } from '../backup-error';
import { captureContent, type SnapshotContent } from '../capture/capture-content';
import type { DatabaseDescription } from '../capture/describe-database';
import { holdSnapshot, type HeldSnapshot } from '../capture/hold-snapshot';
import { bracketSequences, readSequences, type SequenceRange } from '../capture/read-sequences';
import { newestVersion } from '../capture/row-hash';
import { startDump } from '../capture/start-dump';
import type { Fingerprint, TableContent } from '../capture/sum-tables';
import { findClientPrograms, type ClientPrograms } from '../postgres-client/find-client-programs';
import type { ServerAddress } from '../postgres-client/server-address';
import { withCredentials } from '../postgres-client/with-credentials';
import { findCompression, type Compression } from '../programs/find-compression';
import { runTogether } from '../programs/run-together';
import { withPipes } from '../programs/with-pipes';
import type { BackupKeys } from '../seal/backup-keys';
import { generateDataKey, wrapDataKey } from '../seal/data-key';
import { chunkBytes } from '../seal/cipher-stream';
import { manifestProperties, sealManifest, type Manifest } from '../seal/manifest';
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

type Settings = Pick<
  BackupWork,
  | 'storage'
  | 'keys'
  | 'path'
  | 'compression'
  | 'lockWaitSeconds'
  | 'fingerprint'
  | 'fingerprintSessions'
  | 'fingerprintBytesPerSecond'
>;

/** Takes one backup up to, and without, its manifest. Throws what went wrong; the folder may then hold leftovers. */
export async function takeBackup(job: BackupJob, settings: Settings): Promise<Manifest> {
  const { programs, compression } = await findPrograms(job.source.serverMajor, settings);
  const startedAt = new Date();
  job.onPhase('locking');
  const snapshot = await holdSnapshot(job.session, settings.lockWaitSeconds);
  job.onPhase('dumping');
  const dataKey = settings.keys.encrypt ? generateDataKey() : undefined;
  const using = {
    snapshot,
    pgDump: programs.pgDump,
    compression,
    dataKey,
    fingerprint: fingerprintFor(job, settings),
  };
  const dumped = await dumpAndFingerprint(job, settings, using);
  await job.session.query('COMMIT');
  if (dumped.seal.dumpedBytes === 0)
    throw new BackupError('dump_failed', 'pg_dump succeeded and wrote nothing');
  const manifest = describe(job, { programs, startedAt, ...using, ...dumped }, settings);
  return sealManifest(manifest, settings.keys.signing);
}

async function findPrograms(
  major: number,
  { path, compression: settings }: Settings,
): Promise<{ programs: ClientPrograms; compression: Compression }> {
  const [programs, compression] = await Promise.all([
    findClientPrograms(major, path),
    findCompression(path, settings),
  ]);
  if (!programs) throw missing(`pg_dump and pg_restore of Postgres ${major}`, `postgresql-client-${major}`);
  if (!compression) throw missing('zstd', 'zstd');
  return { programs, compression };
}

function fingerprintFor({ source }: BackupJob, settings: Settings): Fingerprint {
  return { level: settings.fingerprint, version: newestVersion(source.serverMajor) };
}

function missing(what: string, debianPackage: string): BackupError {
  const message = `this machine has no ${what}; install it, on Debian the package ${debianPackage}`;
  return new BackupError('client_missing', message, { permanent: true });
}

/** What an attempt is made with. */
interface Using {
  snapshot: HeldSnapshot;
  compression: Compression;
  dataKey: KeyObject | undefined;
  fingerprint: Fingerprint;
}

function dumpFileOf({ compression, dataKey }: Using): string {
  return dumpFile({ encrypted: dataKey !== undefined, compression: compression.name });
}

interface Dumped {
  seal: SealResult;
  tables: TableContent[];
  content: (SnapshotContent & { sequences: SequenceRange[] }) | undefined;
  warnings: string;
}

async function dumpAndFingerprint(
  job: BackupJob,
  settings: Settings,
  using: Using & { pgDump: string },
): Promise<Dumped> {
  const { storage, lockWaitSeconds } = settings;
  const { snapshot, pgDump, compression, dataKey, fingerprint } = using;
  const { session, address } = job;
  const reading = {
    address,
    snapshot,
    fingerprint,
    sessions: settings.fingerprintSessions,
    bytesPerSecond: settings.fingerprintBytesPerSecond,
  };
  const encrypt = dataKey && { dataKey, backupId: job.id };
  const key = `${job.folder}/${dumpFileOf(using)}`;
  const before = settings.fingerprint === 'full' ? await readSequences(session) : undefined;
  const result = { warnings: '' };
  let sealed = () => nothingSealed;
  let captured: Awaited<ReturnType<typeof captureContent>> | undefined;
  await withPipes(settings.path, (fromDump, pipe) =>
    withCredentials(address, (env) =>
      runTogether(job.signal, (signal) => {
        // A fingerprint that takes minutes must not outlast a dump that has failed.
        signal.addEventListener('abort', () => void session.end().catch(() => undefined), { once: true });
        const stdout = fromDump.writer;
        const dump = startDump({ pgDump, env, snapshotId: snapshot.id, lockWaitSeconds, signal, stdout });
        const seal = sealStream(fromDump.reader, {
          compression,
          pipe,
          encrypt,
          signal,
          onBytes: job.onBytes,
        });
        sealed = () => seal.result();
        return [
          dump.succeeded.then((stderr) => (result.warnings = stderr)),
          ...seal.parts,
          storage.put(key, seal.sealed, signal, { expectedBytes: job.source.sizeBytes }),
          captureContent(session, { ...reading, signal }).then((content) => (captured = content)),
        ];
      }),
    ),
  );
  const { tables, content } = captured as NonNullable<typeof captured>;
  const sequences = before && bracketSequences(before, await readSequences(session));
  return { ...result, seal: sealed(), tables, content: content && sequences && { ...content, sequences } };
}

const nothingSealed: SealResult = { dumpedBytes: 0, dumpedSha256: '', storedBytes: 0, storedSha256: '' };

interface Facts extends Dumped, Using {
  programs: ClientPrograms;
  startedAt: Date;
}

function describe(job: BackupJob, facts: Facts, { keys }: Settings): Manifest {
  const { content, dataKey, fingerprint } = facts;
  return {
    format: 'swfx-backup',
    version: 3,
    id: job.id,
    database: job.database,
    attempt: job.attempt,
    started_at: facts.startedAt.toISOString(),
    snapshot_at: facts.snapshot.takenAt.toISOString(),
    finished_at: new Date().toISOString(),
    source: describeSource(job.source),
    programs: { pg_dump: facts.programs.version },
    dump: {
      file: dumpFileOf(facts),
      format: 'pg_dump custom',
      compression: facts.compression.name,
      dumped_bytes: facts.seal.dumpedBytes,
      dumped_sha256: facts.seal.dumpedSha256,
      stored_bytes: facts.seal.storedBytes,
      stored_sha256: facts.seal.storedSha256,
    },
    encryption: dataKey ? describeEncryption(job.id, dataKey, keys) : null,
    proof_level: fingerprint.level,
    fingerprint_version: fingerprint.version,
    tables: facts.tables,
    content: content
      ? {
          sequences: content.sequences,
          large_objects: content.largeObjects,
          schema: content.schema,
          excluded: content.excluded,
        }
      : null,
    warnings: facts.warnings.split('\n').filter((line) => line !== ''),
    signature: null,
  };
}

function describeSource(source: DatabaseDescription): Manifest['source'] {
  return {
    database: source.name,
    system_identifier: source.systemIdentifier,
    server_version: source.serverVersion,
    server_major: source.serverMajor,
    encoding: source.encoding,
    size_bytes: source.sizeBytes,
    extensions: source.extensions,
    roles: source.roles,
    properties: source.properties ? manifestProperties(source.properties) : null,
  };
}

function describeEncryption(id: string, dataKey: KeyObject, keys: BackupKeys): Manifest['encryption'] {
  if (!keys.encryption)
    throw new BackupError('internal', 'there is no key to encrypt with', { permanent: true });
  return {
    scheme: 'AES-256-GCM STREAM',
    chunk_bytes: chunkBytes,
    keys: wrapDataKey(dataKey, id, { ring: keys.encryption, recovery: keys.recovery }),
  };
}
