import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ServerAddress } from '../postgres-client/server-address';
import { withCredentials } from '../postgres-client/with-credentials';
import { createMeter, type Meter } from '../programs/meter';
import { runTogether } from '../programs/run-together';
import { startProgram } from '../programs/start-program';
import type { Unseal } from '../seal/backup-keys';

/** What went through, as stored and as dumped. */
export interface ReadBack {
  storedBytes: number;
  storedSha256: string;
  dumpedSha256: string;
}

/**
 * Restores a stored dump into the empty database that the address names, and throws at the first error of either
 * program: `pg_restore` that "ignores errors" leaves tables out, and its exit code 1 is no warning. What is encrypted is
 * opened on the way (`chooseUnseal` says how); an `UnsealError` tells that it was changed.
 */
export async function restoreDump(
  stored: Readable,
  options: { address: ServerAddress; pgRestore: string; zstd: string; unseal: Unseal; signal: AbortSignal },
): Promise<ReadBack> {
  const read = createMeter();
  const dumped = createMeter();
  await withCredentials(options.address, (env) =>
    runTogether(options.signal, (signal) => parts(stored, { ...options, env, signal, read, dumped })),
  );
  return { storedBytes: read.bytes(), storedSha256: read.sha256(), dumpedSha256: dumped.sha256() };
}

function parts(
  stored: Readable,
  options: {
    address: ServerAddress;
    pgRestore: string;
    zstd: string;
    unseal: Unseal;
    env: NodeJS.ProcessEnv;
    signal: AbortSignal;
    read: Meter;
    dumped: Meter;
  },
): Promise<unknown>[] {
  const { signal, env } = options;
  const expand = startProgram({
    program: options.zstd,
    args: ['--decompress', '--stdout', '--quiet'],
    env: {},
    signal,
  });
  // Where the tables lie on disks is the source's own matter.
  const args = ['--format=custom', '--exit-on-error', '--no-password', '--no-tablespaces'];
  const restore = startProgram({
    program: options.pgRestore,
    args: [...args, `--dbname=${options.address.database}`],
    env,
    signal,
  });
  restore.stdout.resume();
  return [
    pipeline(stored, (source) => options.unseal(options.read.through(source)), expand.stdin, { signal }),
    pipeline(expand.stdout, (source) => options.dumped.through(source), restore.stdin, { signal }),
    expand.succeeded,
    restore.succeeded,
  ];
}
