/**
 * Where there is a second storage, each of the two is asked whether it has what the catalogue says. What either has lost
 * is brought back from the other: a copy by being due again, a first one by a proof, which falls back and repairs.
 */
import { reopenCopy } from '../catalogue/copies';
import { requestProof } from '../catalogue/proofs';
import type { Candidate } from '../catalogue/retained-backups';
import type { BackupStorage } from '../storage/backup-storage';
import { listAttemptFolders, type AttemptFolder } from './find-orphans';
import { hasBackup } from './has-backup';
import type { RetentionWork } from './retention-work';
import { sweepStorage } from './sweep-storage';

/** A copy that is not where it was written is behind again; the plan of this ring takes it for one already. */
export async function lookThroughCopies(
  work: RetentionWork,
  copy: BackupStorage,
  facts: { database: string; known: readonly Candidate[]; signal: AbortSignal },
): Promise<void> {
  const folders = listAttemptFolders(await copy.list(`${facts.database}/`));
  await sweepStorage(work, copy, { ...facts, folders });
  for (const candidate of facts.known) {
    if (candidate.copy !== 'copied' || (await hasBackup(copy, folders, candidate))) continue;
    candidate.copy = 'awaited';
    if (candidate.markedSeconds !== null || !(await reopenCopy(work.pool, candidate.id, { lost: true })))
      continue;
    const about = { backup_id: candidate.id, database: candidate.database, place: copy.place };
    work.logger.warn('The second copy of a backup is gone; it is copied again', about);
  }
}

/** A backup that only the second storage has is proven from there, which puts it back into the first. */
export async function askAboutLost(
  work: RetentionWork,
  { here, folders }: { here: readonly Candidate[]; folders: readonly AttemptFolder[] },
): Promise<void> {
  for (const candidate of here) {
    const { id, copy, markedSeconds, worth } = candidate;
    if (copy !== 'copied' || markedSeconds !== null || worth === 'pending') continue;
    if (!(await hasBackup(work.storage, folders, candidate)))
      await requestProof(work.pool, { id, requestedBy: 'service:backup-service' });
  }
}
