import { startProgram, type RunningProgram } from '../programs/start-program';
import type { PipeEnd } from '../programs/with-pipes';

/**
 * Starts `pg_dump` of the database that the environment names, in the snapshot held elsewhere. The custom format is
 * the one that `pg_restore` checks; it is not compressed here, since that is done better, and beside it, by a program of its own.
 */
export function startDump(options: {
  pgDump: string;
  env: NodeJS.ProcessEnv;
  snapshotId: string;
  lockWaitSeconds: number;
  signal: AbortSignal;
  /** Where the dump goes. */
  stdout: PipeEnd;
}): Pick<RunningProgram, 'succeeded'> {
  const args = [
    '--format=custom',
    '--compress=0',
    '--no-password',
    `--snapshot=${options.snapshotId}`,
    `--lock-wait-timeout=${options.lockWaitSeconds}s`,
  ];
  const { pgDump: program, env, signal, stdout } = options;
  return startProgram({ program, args, env, signal, stdout });
}
