import { errorMessage } from '@swfx/errors';
import type { Readiness } from '@swfx/service';
import { describeDatabase } from '../capture/describe-database';
import type { BackupTarget } from '../config';
import { findClientPrograms } from '../postgres-client/find-client-programs';
import { openSession } from '../postgres-client/open-session';
import { findCompression } from '../programs/find-compression';
import type { BackupWork } from './backup-work';

const intervalMs = 2_000;

/**
 * Keeps knowing whether this service can do its work: the ops database answers, and the programs that the targets need
 * are installed. A target that is down does not make the service unready; that is the target's trouble, and a failed
 * backup tells it.
 */
export function watchReadiness(work: Pick<BackupWork, 'pool' | 'targets' | 'path' | 'compression'>): {
  state(): Readiness;
  stop(): Promise<void>;
} {
  const stopping = new AbortController();
  const lacking = createProgramCheck(work, stopping.signal);
  let state: Readiness = { ready: false, reason: 'the service is starting' };

  async function look(): Promise<Readiness> {
    try {
      await work.pool.query('SELECT 1');
    } catch (error) {
      return { ready: false, reason: `the ops database does not answer (${errorMessage(error)})` };
    }
    const missing = await lacking();
    return missing.length === 0 ? { ready: true } : { ready: false, reason: `install ${missing.join(', ')}` };
  }
  let looking: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  async function loop(): Promise<void> {
    state = await look();
    if (!stopping.signal.aborted) timer = setTimeout(() => (looking = loop()), intervalMs);
  }
  looking = loop();
  return {
    state: () => (stopping.signal.aborted ? { ready: false, reason: 'the service is stopping' } : state),
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await looking;
    },
  };
}

/** What is not installed. What was found once is taken for granted; a target's major is asked until it is known. */
function createProgramCheck(
  { targets, path, compression }: Pick<BackupWork, 'targets' | 'path' | 'compression'>,
  signal: AbortSignal,
): () => Promise<string[]> {
  const majors = new Map<string, number>();
  const found = new Set<number | 'zstd'>();

  async function clientLacks(target: BackupTarget): Promise<string[]> {
    const major = majors.get(target.name) ?? (await majorOf(target, signal));
    if (major === undefined) return [];
    majors.set(target.name, major);
    if (found.has(major)) return [];
    if (!(await findClientPrograms(major, path))) return [`the client programs of Postgres ${major}`];
    found.add(major);
    return [];
  }
  return async () => {
    if (!found.has('zstd') && (await findCompression(path, compression))) found.add('zstd');
    const clients = await Promise.all(targets.map(clientLacks));
    return [...new Set([...(found.has('zstd') ? [] : ['zstd']), ...clients.flat()])];
  };
}

async function majorOf(target: BackupTarget, signal: AbortSignal): Promise<number | undefined> {
  try {
    const session = await openSession(target.address, signal);
    return await describeDatabase(session)
      .then(({ serverMajor }) => serverMajor)
      .finally(() => session.end());
  } catch {
    return undefined;
  }
}
