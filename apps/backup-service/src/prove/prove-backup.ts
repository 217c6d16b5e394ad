/**
 * The proof of a backup: read back from the storage, opened, restored into a new database on a server that by default
 * exists for this alone, and compared with what was in the dumped snapshot. PROVEN says that everything is as it was; RESTORED that
 * every table is there with as many rows, which is all that can be said of a backup without a full fingerprint. A
 * verdict is about the backup; what goes wrong with the proving itself is thrown.
 */
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errorMessage } from '@swfx/errors';
import type { BackupPlace, Verdict } from '../catalogue/backups';
import { findExpansion, type Filter } from '../programs/find-compression';
import { createMeter } from '../programs/meter';
import { ProgramError } from '../programs/program-error';
import type { BackupWork } from '../run/backup-work';
import { chooseUnseal, type Unseal } from '../seal/backup-keys';
import { UnsealError } from '../seal/cipher-stream';
import { fingerprintOf, parseManifest, type Manifest } from '../seal/manifest';
import { readManifest } from '../storage/backup-folder';
import { compareContent } from './compare-content';
import { isPassingTrouble, judgeFailedRestore } from './judge-failed-restore';
import { openGround, type ProofGround } from './proof-ground';
import { readRestored, type RestoredContent } from './read-restored';
import { restoreDump, type ReadBack } from './restore-dump';
import { applyProperties, isSecluded, prepareScratch } from './scratch-database';

export type ProofResult =
  | { verdict: 'PROVEN' | 'RESTORED'; tables: number; rows: number }
  | { verdict: Exclude<Verdict, 'PROVEN' | 'RESTORED' | 'NOT_YET'>; reason: string };

type Settings = Pick<BackupWork, 'storage' | 'path' | 'scratchFolder' | 'proofServer' | 'keys'>;

/** Proves the backup in a folder of the storage. */
export async function proveBackup(
  place: Pick<BackupPlace, 'location'>,
  settings: Settings,
  signal: AbortSignal,
): Promise<ProofResult> {
  const content = await readManifest(settings.storage, place.location);
  if (content === undefined) return corrupt('its manifest is not in the storage');
  const parsed = parseManifest(content, settings.keys.signing);
  // What a newer release has written, or signed with a key that is not at hand, is no worse for it.
  if (!parsed.ok) return parsed.beyond ? cannot(parsed.problem) : corrupt(parsed.problem);
  const { manifest } = parsed;
  const sealed = chooseUnseal(manifest, settings.keys);
  if (!sealed.ok) return cannot(sealed.reason);
  const expansion = await findExpansion(manifest.dump.compression, settings.path);
  if (!expansion) return cannot(`this machine has no ${manifest.dump.compression}`);
  const opened = await openGround(manifest, settings);
  if (!opened.open) return cannot(opened.reason);
  const { ground } = opened;
  try {
    signal.throwIfAborted();
    const { unseal } = sealed;
    const proof = { manifest, ground, expansion, unseal, path: settings.path, signal };
    return await proveOn(proof, () => settings.storage.get(`${place.location}/${manifest.dump.file}`));
  } finally {
    await ground.close();
  }
}

const corrupt = (reason: string): ProofResult => ({ verdict: 'CORRUPT', reason });
const cannot = (reason: string): ProofResult => ({ verdict: 'CANNOT_VERIFY_HERE', reason });

interface Proof {
  manifest: Manifest;
  ground: ProofGround;
  expansion: Filter;
  unseal: Unseal;
  path: string;
  signal: AbortSignal;
}

async function proveOn(proof: Proof, read: () => Promise<Readable | undefined>): Promise<ProofResult> {
  const { manifest, ground, signal } = proof;
  const preparation = await prepareScratch(ground, manifest);
  if (!preparation.ready) return cannot(preparation.reason);
  const stored = await read();
  if (!stored) return corrupt('its dump is not in the storage');
  const { address, pgRestore } = ground;
  // A subscription would stand against the dropping of the database.
  const withSubscriptions = ground.throwaway;
  const restored = await tryRestore(stored, { ...proof, address, pgRestore, withSubscriptions });
  const readBack = 'complaint' in restored ? await hashAgain(read, signal) : restored;
  if (readBack.storedSha256 !== manifest.dump.stored_sha256)
    return corrupt(`its stored bytes are not those that were written (${readBack.storedBytes} of them)`);
  if ('complaint' in restored) return judgeFailedRestore(restored.complaint, ground);
  if (restored.dumpedSha256 !== manifest.dump.dumped_sha256)
    return corrupt('what it unpacks to is not what was dumped');
  const complaint = await applyProperties(ground, manifest);
  if (complaint !== undefined) return judgeFailedRestore(complaint, ground);
  const content = await readRestored(address, fingerprintOf(manifest), signal);
  return judgeContent(manifest, isSecluded(ground) ? withDumpedLimit(content, manifest) : content);
}

/** The limit that keeps others out is ours, and says nothing of the backup. */
function withDumpedLimit(content: RestoredContent, { source }: Manifest): RestoredContent {
  if (!content.properties || !source.properties) return content;
  const { connection_limit } = source.properties;
  return { ...content, properties: { ...content.properties, connection_limit } };
}

/** Compares a restored database with the manifest. */
export function judgeContent(manifest: Manifest, restored: RestoredContent): ProofResult {
  const comparison = compareContent(manifest, restored);
  if (comparison.equal)
    return {
      verdict: manifest.proof_level === 'full' ? 'PROVEN' : 'RESTORED',
      tables: restored.tables.length,
      rows: restored.tables.reduce((total, table) => total + table.rows, 0),
    };
  const { differences } = comparison;
  const more = differences.length > 5 ? `, and ${differences.length - 5} more` : '';
  return { verdict: 'CONTENT_DIFFERS', reason: `${differences.slice(0, 5).join(', ')}${more}` };
}

/** A program or a chunk that fails says something about the backup or this machine; anything else is trouble with the proving. */
async function tryRestore(
  stored: Readable,
  options: Parameters<typeof restoreDump>[1],
): Promise<ReadBack | { complaint: string }> {
  try {
    return await restoreDump(stored, options);
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof ProgramError && isPassingTrouble(error)) throw error;
    if (error instanceof ProgramError || error instanceof UnsealError)
      return { complaint: errorMessage(error) };
    throw error;
  }
}

/** After a failed restore: whether the stored bytes are to blame. */
async function hashAgain(
  read: () => Promise<Readable | undefined>,
  signal: AbortSignal,
): Promise<Pick<ReadBack, 'storedBytes' | 'storedSha256'>> {
  const meter = createMeter();
  const stored = await read();
  if (stored) await pipeline(stored, (source) => meter.through(source), discard, { signal });
  return { storedBytes: meter.bytes(), storedSha256: meter.sha256() };
}

async function discard(source: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of source) void chunk;
}
