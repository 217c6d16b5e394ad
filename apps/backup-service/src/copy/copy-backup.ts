/**
 * Brings the dump of a backup from one storage into another, so that what is there afterwards is what was written first:
 * the bytes are hashed on their way, and nothing is left of them when they are not those of the manifest; then they are
 * read back from where they went, since a storage that says yes may have less. The manifest is somebody else's to write,
 * last. Bytes that are there already are not sent again.
 */
import { createHash } from 'node:crypto';
import type { copyFailureReasons } from '@swfx/audit';
import { BackupError } from '../backup-error';
import type { BackupKeys } from '../seal/backup-keys';
import { parseManifest, type Manifest } from '../seal/manifest';
import { readManifest } from '../storage/backup-folder';
import type { BackupStorage } from '../storage/backup-storage';
import { checkStored, type StoredDump } from '../storage/check-stored';

export type CopyFailureReason = (typeof copyFailureReasons)[number];

export interface CopyJob {
  from: BackupStorage;
  to: BackupStorage;
  /** The folder, the same in both. */
  folder: string;
  keys: Pick<BackupKeys, 'signing'>;
  /** The dump was read back where it went already: it is enough that it is there. */
  verified: boolean;
  signal: AbortSignal;
}

/** The manifest as it was read where the backup comes from. */
export type SourceManifest =
  | {
      found: true;
      content: string;
      manifest: Manifest;
    } /** `beyond` us: it may be whole, and we cannot tell. */
  | { found: false; problem: string; beyond?: true };

/** Reads the manifest that the copy is to have. */
export async function readSource({ from, folder, keys }: CopyJob): Promise<SourceManifest> {
  const content = await readManifest(from, folder);
  if (content === undefined) return { found: false, problem: `its manifest is not in ${from.place}` };
  const parsed = parseManifest(content, keys.signing);
  if (!parsed.ok) return { ...parsed, found: false, problem: `${parsed.problem}, in ${from.place}` };
  return { found: true, content, manifest: parsed.manifest };
}

export type CopyEnd =
  { copied: true; manifest: Manifest } | { copied: false; reason: CopyFailureReason; error: string };

/** Copies the dump. Throws what is neither storage's answer about this backup. */
export async function copyDump(job: CopyJob): Promise<CopyEnd> {
  const source = await readSource(job);
  if (!source.found && source.beyond) throw new Error(source.problem);
  if (!source.found) return damaged(source.problem);
  const { manifest } = source;
  if (await isThere(job, manifest.dump)) return { copied: true, manifest };
  try {
    await send(job, manifest.dump);
  } catch (error) {
    if (error instanceof SourceDamaged) return damaged(error.message);
    throw error;
  }
  const check = await checkStored(job.to, job.folder, { dump: manifest.dump, signal: job.signal });
  if (check.whole) return { copied: true, manifest };
  await job.to.remove(keyOf(job, manifest.dump));
  return { copied: false, reason: 'copy_differs', error: check.problem };
}

const damaged = (error: string): CopyEnd => ({ copied: false, reason: 'source_damaged', error });
const keyOf = ({ folder }: CopyJob, { file }: StoredDump) => `${folder}/${file}`;

async function isThere(job: CopyJob, dump: StoredDump): Promise<boolean> {
  const key = keyOf(job, dump);
  const found = (await job.to.list(key)).find((object) => object.key === key);
  if (found?.sizeBytes !== dump.stored_bytes) return false;
  if (job.verified) return true;
  return (await checkStored(job.to, job.folder, { dump, signal: job.signal })).whole;
}

async function send(job: CopyJob, dump: StoredDump): Promise<void> {
  const { from, to, signal } = job;
  const stored = await from.get(keyOf(job, dump));
  if (!stored) throw new SourceDamaged(`its dump is not in ${from.place}`);
  try {
    await to.put(keyOf(job, dump), onlyIfWhole(stored, dump, from.place), signal, {
      expectedBytes: dump.stored_bytes,
    });
  } finally {
    stored.destroy();
  }
}

/** Not a `BackupError`: the storage that is written to must not take it for its own. */
class SourceDamaged extends Error {}

/** Ends only when all that came through is what was written first: what is put from it then is never put. */
async function* onlyIfWhole(
  source: AsyncIterable<Buffer>,
  dump: StoredDump,
  place: string,
): AsyncGenerator<Buffer, void, void> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of source) {
    hash.update(chunk);
    bytes += chunk.length;
    yield chunk;
  }
  if (hash.digest('hex') !== dump.stored_sha256)
    throw new SourceDamaged(
      `its dump in ${place} has ${bytes} bytes, and they are not the ${dump.stored_bytes} that were written`,
    );
}

/** Names the reason of what was thrown while a backup was copied. */
export function copyFailureOf(error: unknown, timedOut: boolean): CopyFailureReason {
  if (timedOut) return 'timeout';
  return error instanceof BackupError && error.reason === 'storage_failed' ? 'storage_failed' : 'internal';
}
