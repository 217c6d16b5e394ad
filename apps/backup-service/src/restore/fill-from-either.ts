import { errorMessage } from '@swfx/errors';
import type { ProofResult } from '../prove/prove-backup';
import type { BackupStorage } from '../storage/backup-storage';
import { checkStored } from '../storage/check-stored';
import { fillFromBackup, type FillJob, type FillSettings } from './fill-from-backup';

export interface FillEitherJob extends FillJob {
  /** Puts a new empty database in the place of one that is half filled. */
  emptyAgain(): Promise<void>;
  /** Told what is wrong with the first copy, before the second one is read. */
  onFallback(problem: string): Promise<void>;
}

/**
 * Fills the database from the first copy of a backup; where that is missing, damaged or out of reach, from the second.
 * What goes wrong otherwise (with the server, the roles, the programs) is thrown as it is: the second copy would meet it
 * too.
 */
export async function fillFromEither(job: FillEitherJob, settings: FillSettings): Promise<ProofResult> {
  const { copy } = settings;
  const first = await attempt(() => fillFromBackup(job, settings));
  if ('result' in first && first.result.verdict !== 'CORRUPT') return first.result;
  job.signal.throwIfAborted();
  const problem = copy && (await isHeldBy(copy, job)) && (await findProblem(job, settings.storage));
  if (!copy || !problem) {
    if ('result' in first) return first.result;
    throw first.error;
  }
  await job.onFallback(problem);
  await job.emptyAgain();
  return fillFromBackup(job, { ...settings, storage: copy });
}

async function attempt(
  fill: () => Promise<ProofResult>,
): Promise<{ result: ProofResult } | { error: unknown }> {
  try {
    return { result: await fill() };
  } catch (error) {
    return { error };
  }
}

/** What is wrong with the stored dump; undefined when nothing is. */
async function findProblem(
  { location, manifest, signal }: FillJob,
  storage: BackupStorage,
): Promise<string | undefined> {
  try {
    const check = await checkStored(storage, location, { dump: manifest.dump, signal });
    return check.whole ? undefined : check.problem;
  } catch (error) {
    signal.throwIfAborted();
    return errorMessage(error);
  }
}

async function isHeldBy(storage: BackupStorage, { location, manifest }: FillJob): Promise<boolean> {
  const key = `${location}/${manifest.dump.file}`;
  const found = await storage.list(key).catch(() => []);
  return found.some((object) => object.key === key && object.sizeBytes === manifest.dump.stored_bytes);
}
