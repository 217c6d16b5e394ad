import { startProgram, type RunningProgram } from '../programs/start-program';

/**
 * Starts `pg_dump` of the database that the environment names, in the snapshot held elsewhere. The custom format is
 * the one that `pg_restore` checks; it is not compressed here, since that is done better, and beside it, by zstd.
 */
export function startDump(options: {
  pgDump: string;
  env: NodeJS.ProcessEnv;
  snapshotId: string;
  lockWaitSeconds: number;
  signal: AbortSignal;
}): RunningProgram {
  const args = [
    '--format=custom',
    '--compress=0',
    '--no-password',
    `--snapshot=${options.snapshotId}`,
    `--lock-wait-timeout=${options.lockWaitSeconds}s`,
  ];
  return startProgram({ program: options.pgDump, args, env: options.env, signal: options.signal });
}
