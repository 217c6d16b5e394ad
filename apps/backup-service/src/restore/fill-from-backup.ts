/**
 * Restores the dump of a backup into an empty database and compares what is there with what was dumped. The one place
 * where a restore leans on the storage, the seal and the proof: it believes no more than a proof does.
 */
import type { KeyObject } from 'node:crypto';
import { BackupError } from '../backup-error';
import type { ServerAddress } from '../postgres-client/server-address';
import { findClientPrograms } from '../postgres-client/find-client-programs';
import { findExpansion } from '../programs/find-compression';
import { judgeContent, type ProofResult } from '../prove/prove-backup';
import { readRestored } from '../prove/read-restored';
import { restoreDump } from '../prove/restore-dump';
import type { BackupWork } from '../run/backup-work';
import { chooseUnseal, unsealWith } from '../seal/backup-keys';
import { openWithRecoveryKey } from '../seal/data-key';
import { fingerprintOf, type Manifest } from '../seal/manifest';

export interface FillJob {
  manifest: Manifest;
  /** Folder of the backup in the storage. */
  location: string;
  /** The empty database. */
  address: ServerAddress;
  serverMajor: number;
  signal: AbortSignal;
  /** Called when the restore is over and the comparison begins. */
  onRestored(): Promise<void>;
  /** Told how many bytes of the dump the database was given. */
  onBytes(restoredBytes: number): void;
}

/** Of a service, or of a person who has nothing else; then perhaps with the private half of the recovery key. */
export type FillSettings = Pick<BackupWork, 'storage' | 'path' | 'keys'> & {
  copy?: BackupWork['copy'];
  recoveryKey?: KeyObject;
};

/** Fills the database; throws what stopped it. A result other than a proof means that it must not be used. */
export async function fillFromBackup(job: FillJob, settings: FillSettings): Promise<ProofResult> {
  const { manifest, address, signal } = job;
  const programs = await findClientPrograms(job.serverMajor, settings.path);
  const expansion = await findExpansion(manifest.dump.compression, settings.path);
  if (!programs || !expansion)
    throw new BackupError(
      'client_missing',
      `this machine lacks pg_restore of Postgres ${job.serverMajor} or ${manifest.dump.compression}`,
    );
  const stored = await settings.storage.get(`${job.location}/${manifest.dump.file}`);
  if (!stored) return { verdict: 'CORRUPT', reason: 'its dump is not in the storage' };
  const sealed = chooseSeal(manifest, settings);
  if (!sealed.ok) return { verdict: 'CANNOT_VERIFY_HERE', reason: sealed.reason };
  const { pgRestore } = programs;
  const { unseal } = sealed;
  const { path } = settings;
  const onBytes = (bytes: number) => job.onBytes(bytes);
  const readBack = await restoreDump(stored, {
    address,
    pgRestore,
    expansion,
    unseal,
    path,
    signal,
    onBytes,
  });
  if (readBack.storedSha256 !== manifest.dump.stored_sha256)
    return { verdict: 'CORRUPT', reason: 'its stored bytes are not those that were written' };
  if (readBack.dumpedSha256 !== manifest.dump.dumped_sha256)
    return { verdict: 'CORRUPT', reason: 'what it unpacks to is not what was dumped' };
  await job.onRestored();
  const restored = await readRestored(address, fingerprintOf(manifest), signal);
  // Its owner, privileges and settings are those of the database that it replaces, not those of the dumped one.
  return judgeContent(manifest, { ...restored, properties: undefined });
}

function chooseSeal(
  manifest: Manifest,
  { keys, recoveryKey }: FillSettings,
): ReturnType<typeof chooseUnseal> {
  const { id, encryption } = manifest;
  if (!encryption || !recoveryKey) return chooseUnseal(manifest, keys);
  return unsealWith(id, openWithRecoveryKey(encryption.keys, id, recoveryKey));
}
