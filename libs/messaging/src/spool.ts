/**
 * A spool keeps, on the local disk, what could not reach Postgres: one file an entry, written whole or not at all,
 * drained oldest first, and removed only once the entry has been taken. It has a limit, and says when it is full.
 */
import { mkdirSync, readdirSync } from 'node:fs';
import { open, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, errorMessage } from '@swfx/errors';

export interface Spool {
  /** Keeps an entry; throws `spool_full` at the limit. */
  append(entry: unknown): Promise<void>;
  /**
   * Hands entries on, oldest first, until there is none or `take` rejects with an error that will pass. An entry that
   * cannot be read, or is refused for good, is put aside as `.parked` for a person to look at and blocks no other.
   */
  drain(
    take: (entry: unknown) => Promise<void>,
    willPass?: (error: unknown) => boolean,
  ): Promise<DrainReport>;
  /** How many entries were put aside. */
  parked(): number;
  depth(): number;
  /** Seconds since the oldest entry was kept; 0 when there is none. */
  oldestAgeSeconds(): number;
}

/** What a drain did. */
export interface DrainReport {
  taken: number;
  parked: { file: string; error: string }[];
}

const suffix = '.json';
const parkedSuffix = '.parked';

/** Opens a spool in a folder, which is made when it is not there. */
export function createSpool(options: { folder: string; limit?: number }): Spool {
  const limit = options.limit ?? 10_000;
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  let sequence = 0;
  const names = () =>
    readdirSync(options.folder)
      .filter((name) => name.endsWith(suffix))
      .sort();

  return {
    async append(entry) {
      if (names().length >= limit)
        throw new AppError('spool_full', `the spool ${options.folder} holds its limit of ${limit} entries`);
      const name = `${String(Date.now()).padStart(15, '0')}-${process.pid}-${String(sequence++).padStart(9, '0')}`;
      await writeWhole(join(options.folder, name), JSON.stringify(entry));
    },
    async drain(take, willPass = () => true) {
      const report: DrainReport = { taken: 0, parked: [] };
      for (const name of names()) {
        const path = join(options.folder, name);
        const content = await readFile(path, 'utf8').catch(() => undefined);
        if (content === undefined) continue; // Another process of this service was faster.
        const refusal = await handOn(content, take, willPass);
        if (refusal === undefined) {
          await unlink(path).catch(() => undefined);
          report.taken += 1;
        } else {
          await rename(path, `${path}${parkedSuffix}`).catch(() => undefined);
          report.parked.push({ file: `${path}${parkedSuffix}`, error: refusal });
        }
      }
      return report;
    },
    parked: () => readdirSync(options.folder).filter((name) => name.endsWith(parkedSuffix)).length,
    depth: () => names().length,
    oldestAgeSeconds() {
      const [oldest] = names();
      // Its name begins with when it was kept.
      return oldest ? Math.max(0, (Date.now() - Number.parseInt(oldest, 10)) / 1000) : 0;
    },
  };
}

/** Why an entry was refused for good, or undefined when it was taken; rejects with what will pass. */
async function handOn(
  content: string,
  take: (entry: unknown) => Promise<void>,
  willPass: (error: unknown) => boolean,
): Promise<string | undefined> {
  let entry: unknown;
  try {
    entry = JSON.parse(content);
  } catch {
    return 'it is not JSON';
  }
  try {
    await take(entry);
    return undefined;
  } catch (error) {
    if (willPass(error)) throw error;
    return errorMessage(error);
  }
}

async function writeWhole(path: string, content: string): Promise<void> {
  const file = await open(`${path}.partial`, 'w', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.partial`, `${path}${suffix}`);
}
