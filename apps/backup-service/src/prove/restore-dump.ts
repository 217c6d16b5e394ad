import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ServerAddress } from '../postgres-client/server-address';
import { withCredentials } from '../postgres-client/with-credentials';
import type { Filter } from '../programs/find-compression';
import { createMeter, type Meter } from '../programs/meter';
import { startRelay, type Relay } from '../programs/relay';
import { runTogether } from '../programs/run-together';
import { startProgram } from '../programs/start-program';
import { withPipes, type Pipe } from '../programs/with-pipes';
import type { Unseal } from '../seal/backup-keys';

/** What went through, as stored and as dumped. */
export interface ReadBack {
  storedBytes: number;
  storedSha256: string;
  dumpedSha256: string;
}

interface RestoreOptions {
  address: ServerAddress;
  pgRestore: string;
  /** What unpacks the dump: see `findExpansion`. */
  expansion: Filter;
  unseal: Unseal;
  /** Whether its subscriptions come too, disabled; they do if not given. */
  withSubscriptions?: boolean;
  /** Where programs are looked for first: a PATH value. */
  path: string;
  signal: AbortSignal;
  /** Told now and then how many bytes of the dump the database was given. */
  onBytes?: (restoredBytes: number) => void;
}

/**
 * Restores a stored dump into the empty database that the address names, and throws at the first error of either
 * program: `pg_restore` that "ignores errors" leaves tables out, and its exit code 1 is no warning. What is encrypted is
 * opened on the way (`chooseUnseal` says how); an `UnsealError` tells that it was changed.
 */
export async function restoreDump(stored: Readable, options: RestoreOptions): Promise<ReadBack> {
  const read = createMeter();
  let dumped: Relay | undefined;
  await withPipes(options.path, (unpacked, checked) =>
    withCredentials(options.address, (env) =>
      runTogether(options.signal, (signal) => {
        const started = startParts(stored, { ...options, env, signal, read, unpacked, checked });
        dumped = started.dumped;
        return started.parts;
      }),
    ),
  );
  return { storedBytes: read.bytes(), storedSha256: read.sha256(), dumpedSha256: dumped?.sha256() ?? '' };
}

function startParts(
  stored: Readable,
  options: RestoreOptions & { env: NodeJS.ProcessEnv; read: Meter; unpacked: Pipe; checked: Pipe },
): { parts: Promise<unknown>[]; dumped: Relay } {
  const { signal, env, expansion, unpacked, checked } = options;
  const expand = startProgram({ ...expansion, env: {}, signal, stdout: unpacked.writer });
  const relayed = { from: unpacked.reader, to: checked.writer, signal };
  const dumped = startRelay({ ...relayed, ...(options.onBytes && { onBytes: options.onBytes }) });
  // Where the tables lie on disks is the source's own matter.
  const args = ['--format=custom', '--exit-on-error', '--no-password', '--no-tablespaces'];
  if (options.withSubscriptions === false) args.push('--no-subscriptions');
  const restore = startProgram({
    program: options.pgRestore,
    args: [...args, `--dbname=${connectionTo(options.address.database)}`],
    env,
    signal,
    stdin: checked.reader,
  });
  restore.stdout.resume();
  const parts = [
    pipeline(stored, (source) => options.unseal(options.read.through(source)), expand.stdin, { signal }),
    dumped.done,
    expand.succeeded,
    restore.succeeded,
  ];
  return { parts, dumped };
}

/** pg_restore takes a name with a `=` in it, or one like a URL, for a connection string; so it gets a real one. */
function connectionTo(database: string): string {
  return `dbname='${database.replace(/[\\']/g, '\\$&')}'`;
}
