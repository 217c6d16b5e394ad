import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { CompressionName } from '../programs/find-compression';
import type { BackupStorage } from './backup-storage';

/**
 * Where one attempt at a backup is kept. Each attempt has a folder of its own, so that a runner that was given up for
 * dead cannot write into a later one's backup. The time is for people: nothing is ever decided by a name.
 */
export function attemptFolder(run: {
  id: string;
  database: string;
  attempt: number;
  requestedAt: Date;
}): string {
  const time = run.requestedAt.toISOString().replace(/[-:]|\.\d+/g, '');
  return `${run.database}/${time}-${run.id}.${run.attempt}`;
}

/** The folders of the attempts before one. */
export function earlierFolders(run: Parameters<typeof attemptFolder>[0]): string[] {
  return Array.from({ length: run.attempt - 1 }, (_, n) => attemptFolder({ ...run, attempt: n + 1 }));
}

export const manifestFile = 'manifest.json';

/** The dump's name beside the manifest tells by what it is to be opened; the manifest names it too. */
export function dumpFile(options: { encrypted: boolean; compression?: CompressionName }): string {
  const packed = `dump.pgdump.${endings[options.compression ?? 'zstd']}`;
  return options.encrypted ? `${packed}.sealed` : packed;
}

const endings: Record<CompressionName, string> = { zstd: 'zst', gzip: 'gz' };

/** The manifest in a folder, as text; undefined when the folder is no backup. */
export async function readManifest(storage: BackupStorage, folder: string): Promise<string | undefined> {
  const stream = await storage.get(`${folder}/${manifestFile}`);
  return stream && text(stream);
}

/** Writes the manifest: from here on the folder is a backup. It replaces none. */
export async function writeManifest(
  storage: BackupStorage,
  folder: string,
  content: string,
  signal: AbortSignal,
): Promise<void> {
  const bytes = Buffer.from(content);
  await storage.put(`${folder}/${manifestFile}`, Readable.from([bytes]), signal, {
    expectedBytes: bytes.length,
    onlyIfAbsent: true,
  });
}

/** Puts another manifest in the place of a backup's, in one step. */
export async function replaceManifest(
  storage: BackupStorage,
  folder: string,
  content: string,
  signal: AbortSignal,
): Promise<void> {
  await storage.put(`${folder}/${manifestFile}`, Readable.from([Buffer.from(content)]), signal);
}

/** Removes all that is below a prefix; manifests first, so that nothing looks like a backup while it goes. */
export async function removeAll(storage: BackupStorage, prefix: string): Promise<void> {
  const keys = (await storage.list(prefix)).map(({ key }) => key);
  const manifestsFirst = keys.sort(
    (a, b) => Number(b.endsWith(manifestFile)) - Number(a.endsWith(manifestFile)),
  );
  for (const key of manifestsFirst) await storage.remove(key);
}
