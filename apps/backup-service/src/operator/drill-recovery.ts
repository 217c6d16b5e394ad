/**
 * Proves that the recovery key opens a backup: with the private half from a file, and with no key that a server has, the
 * whole dump is read back, opened and unpacked, and is what was dumped. A key that was never tried is a hope.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Queryable } from '@swfx/database';
import { errorMessage } from '@swfx/errors';
import { findExpansion } from '../programs/find-compression';
import { createMeter } from '../programs/meter';
import { runTogether } from '../programs/run-together';
import { startProgram } from '../programs/start-program';
import { unsealWith, type BackupKeys, type Unseal } from '../seal/backup-keys';
import { openWithRecoveryKey } from '../seal/data-key';
import { parseManifest, type Manifest } from '../seal/manifest';
import { readManifest } from '../storage/backup-folder';
import type { BackupStorage } from '../storage/backup-storage';

export type Drill =
  | { opened: true; backup: string; database: string; dumpedBytes: number; seconds: number }
  | { opened: false; reason: string };

export interface DrillOptions {
  storage: BackupStorage;
  keys: Pick<BackupKeys, 'signing'>;
  /** Where programs are looked for first: a PATH value. */
  path: string;
  signal: AbortSignal;
}

/** Reads the private half of a recovery key from a PEM file; throws a sentence when it is none. */
export async function readRecoveryKey(file: string): Promise<KeyObject> {
  const key = await readFile(file, 'utf8').then(createPrivateKey);
  if (key.asymmetricKeyType !== 'x25519') throw new Error(`${file} holds no X25519 private key.`);
  return key;
}

/** The folder of one backup, or of the newest encrypted one; throws a sentence when there is none. */
export async function findDrillBackup(
  db: Queryable,
  storage: string,
  id: string | undefined,
): Promise<string> {
  const { rows } = await db.query<{ location: string }>(
    `SELECT location FROM backup
     WHERE storage = $1 AND CASE WHEN $2::text IS NULL THEN manifest ->> 'encryption' IS NOT NULL
                                 ELSE starts_with(id::text, lower($2)) END
     ORDER BY taken_at DESC LIMIT 1`,
    [storage, id ?? null],
  );
  if (!rows[0])
    throw new Error(id ? `There is no backup ${id} in this storage.` : 'There is no encrypted backup yet.');
  return rows[0].location;
}

/** Opens the backup in a folder with the recovery key. */
export async function drillRecovery(
  folder: string,
  privateKey: KeyObject,
  options: DrillOptions,
): Promise<Drill> {
  const content = await readManifest(options.storage, folder);
  if (content === undefined) return { opened: false, reason: 'its manifest is not in the storage' };
  const parsed = parseManifest(content, options.keys.signing);
  if (!parsed.ok) return { opened: false, reason: parsed.problem };
  const { id, encryption } = parsed.manifest;
  if (!encryption) return { opened: false, reason: 'it is not encrypted' };
  const sealed = unsealWith(id, openWithRecoveryKey(encryption.keys, id, privateKey));
  if (!sealed.ok) return { opened: false, reason: sealed.reason };
  return readWhole(folder, parsed.manifest, { ...options, unseal: sealed.unseal });
}

async function readWhole(
  folder: string,
  manifest: Manifest,
  { storage, path, signal, unseal }: DrillOptions & { unseal: Unseal },
): Promise<Drill> {
  const stored = await storage.get(`${folder}/${manifest.dump.file}`);
  if (!stored) return { opened: false, reason: 'its dump is not in the storage' };
  const expansion = await findExpansion(manifest.dump.compression, path);
  if (!expansion) return { opened: false, reason: `this machine has no ${manifest.dump.compression}` };
  const dumped = createMeter();
  const begun = performance.now();
  const work = runTogether(signal, (stopping) => {
    const expand = startProgram({ ...expansion, env: {}, signal: stopping });
    return [
      pipeline(stored, (source: AsyncIterable<Buffer>) => unseal(source), expand.stdin, { signal: stopping }),
      pipeline(expand.stdout, (source) => dumped.through(source), discard, { signal: stopping }),
      expand.succeeded,
    ];
  });
  const failure = await work.then(
    () => undefined,
    (error: unknown) => errorMessage(error),
  );
  if (failure !== undefined) return { opened: false, reason: failure };
  if (dumped.sha256() !== manifest.dump.dumped_sha256)
    return { opened: false, reason: 'what it unpacks to is not what was dumped' };
  const seconds = (performance.now() - begun) / 1000;
  return {
    opened: true,
    backup: manifest.id,
    database: manifest.database,
    dumpedBytes: dumped.bytes(),
    seconds,
  };
}

async function discard(source: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of source) void chunk;
}
