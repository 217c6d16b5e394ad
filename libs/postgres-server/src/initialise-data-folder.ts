/**
 * A data folder is there in whole or not at all: initdb works in `<dataDir>.new`, which is renamed when it has
 * succeeded, so that a kill or a full disk in the middle leaves nothing that looks like a database.
 */
import { execFile } from 'node:child_process';
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { explainPostgresFailure } from './explain-postgres-failure';
import type { PostgresPrograms } from './find-postgres-programs';
import { PostgresStartError } from './postgres-start-error';
import type { ProcessOwner } from './unprivileged-owner';

const run = promisify(execFile);

type Options = {
  programs: PostgresPrograms;
  dataDir: string;
  password: string;
  durable: boolean;
  owner?: ProcessOwner;
};

/** Creates the data folder unless it exists; an existing one must be of the programs' major. */
export async function initialiseDataFolder(options: Options): Promise<void> {
  const major = await majorOfDataFolder(options.dataDir);
  if (major === undefined) return createDataFolder(options);
  if (major === options.programs.major) return;
  const sentence = `${options.dataDir} belongs to Postgres ${major}, but the programs are of Postgres ${options.programs.major}.`;
  throw new PostgresStartError({ reason: 'other_major', sentence, log: '' });
}

async function majorOfDataFolder(dataDir: string): Promise<number | undefined> {
  const text = await readFile(join(dataDir, 'PG_VERSION'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : Number(text.trim());
}

async function createDataFolder(options: Options): Promise<void> {
  const fresh = `${options.dataDir}.new`;
  // The password goes through a file that is gone a moment later: argv is readable by every user.
  const passwordFile = `${options.dataDir}.password`;
  try {
    await rm(fresh, { recursive: true, force: true });
    await mkdir(dirname(fresh), { recursive: true });
    await createFor(options.owner, fresh, () => mkdir(fresh, { mode: 0o700 }));
    await createFor(options.owner, passwordFile, () =>
      writeFile(passwordFile, options.password, { mode: 0o600 }),
    );
    await runInitdb(options, fresh, passwordFile);
    await rename(fresh, options.dataDir);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw asStartError(error, options.dataDir);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function createFor(
  owner: ProcessOwner | undefined,
  path: string,
  create: () => Promise<unknown>,
): Promise<void> {
  await create();
  if (owner) await chown(path, owner.uid, owner.gid);
}

async function runInitdb(options: Options, folder: string, passwordFile: string): Promise<void> {
  const args = ['-D', folder, '-U', 'postgres', '--locale=C', '--encoding=UTF8', '--auth=scram-sha-256'];
  args.push(`--pwfile=${passwordFile}`, ...(options.durable ? ['--data-checksums'] : ['--no-sync']));
  // initdb starts the server program in its current folder, which therefore has to be one its user may enter.
  const env = { PATH: options.programs.binDir, LC_ALL: 'C', TZ: 'UTC' };
  await run(options.programs.initdb, args, { ...options.owner, cwd: folder, env });
}

function asStartError(error: unknown, dataDir: string): PostgresStartError {
  const { stderr = '', message = '' } = error as { stderr?: string; message?: string };
  const log =
    stderr || message.replace(/ENOSPC.*/, 'No space left on device').replace(/EACCES.*/, 'Permission denied');
  return new PostgresStartError({ ...explainPostgresFailure({ log, dataDir }), log });
}
