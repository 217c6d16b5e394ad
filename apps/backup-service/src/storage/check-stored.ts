import { pipeline } from 'node:stream/promises';
import { createMeter } from '../programs/meter';
import type { BackupStorage } from './backup-storage';

/** What a manifest says of a dump as it is stored. */
export interface StoredDump {
  file: string;
  stored_bytes: number;
  stored_sha256: string;
}

export type StoredCheck = { whole: true } | { whole: false; problem: string };

/** Reads a dump back, and says whether it is what its manifest says. Throws where the storage cannot be read. */
export async function checkStored(
  storage: BackupStorage,
  folder: string,
  { dump, signal }: { dump: StoredDump; signal: AbortSignal },
): Promise<StoredCheck> {
  const stored = await storage.get(`${folder}/${dump.file}`);
  if (!stored) return { whole: false, problem: `its dump is not in ${storage.place}` };
  const meter = createMeter();
  await pipeline(stored, (source) => meter.through(source), discard, { signal });
  if (meter.sha256() === dump.stored_sha256) return { whole: true };
  const problem = `its dump in ${storage.place} has ${meter.bytes()} bytes, and they are not the ${dump.stored_bytes} that were written`;
  return { whole: false, problem };
}

async function discard(source: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of source) void chunk;
}
