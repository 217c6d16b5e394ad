/** Our own backups, restores and proofs, by the code that the service runs. */
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { parseKeyRing, Secret } from '@swfx/config';
import { describeDatabase } from '../capture/describe-database';
import type { FingerprintLevel } from '../capture/sum-tables';
import { openSession } from '../postgres-client/open-session';
import { findExpansion } from '../programs/find-compression';
import { proveBackup } from '../prove/prove-backup';
import { restoreDump } from '../prove/restore-dump';
import { takeBackup } from '../run/take-backup';
import { chooseKeys, chooseUnseal } from '../seal/backup-keys';
import { parseManifest, serialiseManifest } from '../seal/manifest';
import { readManifest, removeAll, writeManifest } from '../storage/backup-folder';
import type { BackupStorage } from '../storage/backup-storage';
import { openLocalStorage } from '../storage/local-storage';
import { openS3Storage } from '../storage/s3-storage';
import { standInCredentials } from '../testing/s3-stand-in';
import { never, query, type Place } from './bench-place';
import { measure, type Measured } from './measure';
import { startBucket } from './start-bucket';

export interface Way {
  keys: ReturnType<typeof chooseKeys>;
  fingerprint: FingerprintLevel;
  level: number;
}

export const noKeys = chooseKeys({});

/** Keys to encrypt and to sign with. */
export function newKeys(): Way['keys'] {
  const ring = () => parseKeyRing(new Secret(`bench:${randomBytes(32).toString('base64')}`));
  return chooseKeys({ BACKUP_ENCRYPTION_KEYS: ring(), BACKUP_SIGNING_KEYS: ring() });
}

interface Stored {
  storage: BackupStorage;
  folder: string;
  sizeBytes: number;
}

/** Takes a backup as the service does, the manifest included. */
export async function takeOurs(
  place: Place,
  way: Way,
  options: { storage?: BackupStorage; onBytes?: (bytes: number) => void } = {},
): Promise<Stored> {
  const storage = options.storage ?? (await openLocalStorage(join(place.folder, 'backups')));
  const folder = `bench/${randomUUID()}`;
  const session = await openSession(place.address, never);
  const { address } = place;
  const job = { id: randomUUID(), attempt: 1, database: 'bench', address, session, folder, signal: never };
  const onPhase = () => undefined;
  const onBytes = options.onBytes ?? (() => undefined);
  const source = await describeDatabase(session);
  const manifest = await takeBackup(
    { ...job, source, onPhase, onBytes },
    { ...settingsOf(place, way), storage },
  );
  await writeManifest(storage, folder, serialiseManifest(manifest), never);
  await session.end();
  return { storage, folder, sizeBytes: manifest.dump.stored_bytes };
}

function settingsOf({ path }: Place, { keys, fingerprint, level }: Way) {
  return {
    keys,
    fingerprint,
    path,
    compression: { level, threads: 1 },
    lockWaitSeconds: 30,
    fingerprintSessions: 2,
    fingerprintBytesPerSecond: undefined,
    scratchFolder: undefined,
    proofServer: undefined,
  };
}

export async function measureBackup(place: Place, way: Way): Promise<Measured & { sizeBytes: number }> {
  let stored: Stored | undefined;
  const measured = await measure(place.server.pid, async () => (stored = await takeOurs(place, way)));
  const { storage, folder, sizeBytes } = stored as unknown as Stored;
  await removeAll(storage, `${folder}/`);
  return { ...measured, sizeBytes };
}

/** Into a bucket, in parts. */
export async function measureBackupToS3(place: Place, way: Way): Promise<Measured & { sizeBytes: number }> {
  const bucket = await startBucket();
  const storage = openS3Storage({
    bucket: 'bench',
    prefix: '',
    region: 'us-east-1',
    endpoint: bucket.url,
    accessKeyId: standInCredentials.accessKeyId,
    secretAccessKey: new Secret(standInCredentials.secretAccessKey),
  });
  let sizeBytes = 0;
  const measured = await measure(place.server.pid, async () => {
    ({ sizeBytes } = await takeOurs(place, way, { storage }));
  });
  await bucket.stop();
  return { ...measured, sizeBytes };
}

export async function measureRestore(place: Place, way: Way): Promise<Measured> {
  const { storage, folder } = await takeOurs(place, way);
  const parsed = parseManifest((await readManifest(storage, folder)) ?? '', way.keys.signing);
  if (!parsed.ok) throw new Error(parsed.problem);
  const sealed = chooseUnseal(parsed.manifest, way.keys);
  const stored = await storage.get(`${folder}/${parsed.manifest.dump.file}`);
  const expansion = await findExpansion(parsed.manifest.dump.compression, place.path);
  if (!sealed.ok || !stored || !expansion) throw new Error('the backup cannot be read');
  await query(place.server.url(), 'CREATE DATABASE copy TEMPLATE template0');
  const address = { ...place.address, database: 'copy' };
  const options = {
    address,
    pgRestore: place.programs.pgRestore,
    expansion,
    path: place.path,
    signal: never,
  };
  const measured = await measure(place.server.pid, () =>
    restoreDump(stored, { ...options, unseal: sealed.unseal }),
  );
  await query(place.server.url(), 'DROP DATABASE copy');
  await removeAll(storage, `${folder}/`);
  return measured;
}

/** The whole proof: its own server, the restore, the comparison. */
export async function measureProof(place: Place, way: Way): Promise<Measured> {
  const { storage, folder } = await takeOurs(place, way);
  const measured = await measure(place.server.pid, async () => {
    const result = await proveBackup({ location: folder }, { ...settingsOf(place, way), storage }, never);
    if (result.verdict !== 'PROVEN') throw new Error(JSON.stringify(result));
  });
  await removeAll(storage, `${folder}/`);
  return measured;
}
