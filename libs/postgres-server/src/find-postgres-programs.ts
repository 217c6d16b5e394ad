/**
 * Finds one Postgres major of which both the server (postgres, initdb) and the client (psql, pg_dump,
 * pg_restore) are installed, on PATH or off it.
 *
 * Server and client are always of the same major: a newer pg_dump writes archives that an older pg_restore
 * cannot read, and an older one refuses a newer server. Debian's wrappers in /usr/bin are passed over,
 * because which major they run depends on the clusters of the system.
 */
import { execFile } from 'node:child_process';
import { access, constants, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { programFolders } from './program-folders';

const run = promisify(execFile);

/** The programs of one major, as absolute paths. `binDir` is the folder of the server program. */
export type PostgresPrograms = {
  major: number;
  binDir: string;
  postgres: string;
  initdb: string;
  psql: string;
  pgDump: string;
  pgDumpall: string;
  pgRestore: string;
};

/** The programs, or what is missing: `reason` is a sentence for a person. */
export type FindPostgresPrograms =
  | { found: true; programs: PostgresPrograms }
  | { found: false; missing: 'server' | 'client' | 'both'; majors: number[]; reason: string };

/** What one folder holds: the major of its server and of its client, where it has them. */
export type PostgresFolder = { dir: string; serverMajor?: number; clientMajor?: number };

/**
 * Looks for the newest complete Postgres, or for the `major` asked for, in `searchPaths`: `programFolders(PATH)`,
 * or by default the folders of the usual packages alone. Never throws: a program that cannot be run counts as
 * not there.
 */
export async function findPostgresPrograms(
  options: { major?: number; searchPaths?: string[] } = {},
): Promise<FindPostgresPrograms> {
  const folders = options.searchPaths ?? (await programFolders());
  return choosePostgresPrograms(await Promise.all(folders.map(inspectFolder)), options.major);
}

/** Decides which of the folders' majors to use. Pure. */
export function choosePostgresPrograms(folders: PostgresFolder[], major?: number): FindPostgresPrograms {
  const servers = folders.filter(({ serverMajor }) => matches(serverMajor, major));
  const clients = folders.filter(({ clientMajor }) => matches(clientMajor, major));
  const pairs = servers.flatMap((server) => {
    const client = clients.find(({ clientMajor }) => clientMajor === server.serverMajor);
    return client ? [{ server, client }] : [];
  });
  const best = pairs.sort((a, b) => Number(b.server.serverMajor) - Number(a.server.serverMajor))[0];
  if (best) return { found: true, programs: programsOf(best.server, best.client.dir) };
  return notFound(servers, clients, major);
}

function matches(found: number | undefined, asked: number | undefined): boolean {
  return found !== undefined && (asked === undefined || found === asked);
}

function notFound(
  servers: PostgresFolder[],
  clients: PostgresFolder[],
  major?: number,
): FindPostgresPrograms {
  const name = major === undefined ? 'Postgres' : `Postgres ${major}`;
  const majors = [...new Set(servers.map((folder) => Number(folder.serverMajor)))];
  if (!servers.length && !clients.length) {
    return { found: false, missing: 'both', majors, reason: `No ${name} is installed on this machine.` };
  }
  if (!servers.length) {
    const reason = `Only the client programs of ${name} are installed, not the server.`;
    return { found: false, missing: 'server', majors, reason };
  }
  const reason = `The server of ${name} (${majors.join(', ')}) is installed without client programs of its major.`;
  return { found: false, missing: 'client', majors, reason };
}

function programsOf(server: PostgresFolder, clientDir: string): PostgresPrograms {
  return {
    major: Number(server.serverMajor),
    binDir: server.dir,
    postgres: join(server.dir, 'postgres'),
    initdb: join(server.dir, 'initdb'),
    psql: join(clientDir, 'psql'),
    pgDump: join(clientDir, 'pg_dump'),
    pgDumpall: join(clientDir, 'pg_dumpall'),
    pgRestore: join(clientDir, 'pg_restore'),
  };
}

async function inspectFolder(dir: string): Promise<PostgresFolder> {
  const server = await resolveAll(dir, ['postgres', 'initdb']);
  const client = await resolveAll(dir, ['pg_dump', 'pg_dumpall', 'pg_restore', 'psql']);
  const [serverMajor, clientMajor] = await Promise.all([majorOf(server), majorOf(client)]);
  return { dir: (server && dirname(server)) ?? (client && dirname(client)) ?? dir, serverMajor, clientMajor };
}

/** The real path of the first program if all of them are there and none is a wrapper of another name. */
async function resolveAll(dir: string, names: string[]): Promise<string | undefined> {
  const paths = await Promise.all(names.map((name) => resolveProgram(dir, name)));
  return paths.every(Boolean) ? paths[0] : undefined;
}

async function resolveProgram(dir: string, name: string): Promise<string | undefined> {
  const path = await realpath(join(dir, name)).catch(() => undefined);
  if (!path || basename(path) !== name) return undefined;
  return access(path, constants.X_OK).then(
    () => path,
    () => undefined,
  );
}

async function majorOf(program: string | undefined): Promise<number | undefined> {
  if (!program) return undefined;
  const output = await run(program, ['--version'], { timeout: 10_000 }).catch(() => undefined);
  return parsePostgresMajor(output?.stdout ?? '');
}

/** The major in what `postgres --version` or `pg_dump --version` prints: `postgres (PostgreSQL) 15.18 (…)`. */
export function parsePostgresMajor(versionLine: string): number | undefined {
  const major = /\(PostgreSQL\)\s+(\d+)/.exec(versionLine)?.[1];
  return major === undefined ? undefined : Number(major);
}
