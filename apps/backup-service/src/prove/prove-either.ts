/**
 * The proof of a backup that may be kept twice. It is made of the first copy; where that is corrupt, and the second one
 * is proven, the backup is good, people hear that its first copy was lost, and that is written anew from the second.
 */
import { allowPause, type Queryable } from '@swfx/database';
import { errorMessage } from '@swfx/errors';
import { isCopied } from '../catalogue/copies';
import type { ProofClaim } from '../catalogue/proofs';
import { copyDump, readSource, type CopyJob } from '../copy/copy-backup';
import { copyEvents } from '../copy/copy-events';
import type { BackupWork } from '../run/backup-work';
import { replaceManifest } from '../storage/backup-folder';
import type { BackupStorage } from '../storage/backup-storage';
import { proveBackup, type ProofResult } from './prove-backup';

/** How long a storage may take with a manifest while its backup's row is held. */
const storageMs = 300_000;

export interface EitherProof {
  result: ProofResult;
  /** What is wrong with the first copy, where the second was proven instead. */
  lost?: string;
}

/** Proves one copy or the other. */
export async function proveEither(
  work: BackupWork,
  claim: ProofClaim,
  signal: AbortSignal,
): Promise<EitherProof> {
  const result = await proveBackup(claim, work, signal);
  const { copy } = work;
  if (result.verdict !== 'CORRUPT' || !copy || !(await isCopied(work.pool, claim.id, copy.place)))
    return { result };
  const second = await proveBackup(claim, { ...work, storage: copy }, signal);
  if ('reason' in second) return { result };
  await repair(work, { claim, copy, problem: result.reason, signal });
  return {
    result: second,
    lost: `its first copy is lost (${result.reason}); the one in ${copy.place} holds`,
  };
}

/** What cannot be repaired now stays lost, which retention finds and asks about again. */
async function repair(
  work: BackupWork,
  lost: { claim: ProofClaim; copy: BackupStorage; problem: string; signal: AbortSignal },
): Promise<void> {
  const { claim, copy, problem, signal } = lost;
  const about = { backup_id: claim.id, database: claim.database, place: work.storage.place };
  const { location: folder } = claim;
  const job: CopyJob = { from: copy, to: work.storage, folder, keys: work.keys, verified: false, signal };
  try {
    const end = await copyDump(job);
    if (!end.copied) throw new Error(end.error);
    await work.audit.transaction(async (client, note) => {
      await allowPause(client, storageMs);
      const source = await readSource(job);
      if (!source.found || !(await isKept(client, claim.id))) return;
      await replaceManifest(work.storage, folder, source.content, signal);
      await note(copyEvents.repaired(claim, { place: work.storage.place, error: problem }));
    });
    work.logger.warn('The first copy of a backup was written anew from the second', about);
  } catch (error) {
    signal.throwIfAborted();
    work.logger.error('The first copy of a backup could not be written anew', {
      ...about,
      error: errorMessage(error),
    });
  }
}

async function isKept(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'SELECT FROM backup WHERE id = $1 AND delete_marked_at IS NULL FOR UPDATE',
    [id],
  );
  return rowCount === 1;
}
