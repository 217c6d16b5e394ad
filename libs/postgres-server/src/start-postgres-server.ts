/**
 * A Postgres server of our own, as a child process.
 *
 * It listens on 127.0.0.1 only and on no socket file (whose path may be at most 107 bytes long), needs a password
 * from everyone, and never outlives us. It is handed out only once it accepts connections; if it does not come to
 * that, the error says why in one sentence and nothing is left running.
 */
import { open, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { explainPostgresFailure } from './explain-postgres-failure';
import type { PostgresPrograms } from './find-postgres-programs';
import { initialiseDataFolder } from './initialise-data-folder';
import { endOrphanOf, readPostmasterPid } from './postmaster-pid';
import { PostgresStartError } from './postgres-start-error';
import { spawnServer } from './spawn-server';
import type { ServerExit, ServerProcess } from './spawn-server';
import type { ProcessOwner } from './unprivileged-owner';

/** What a server is started with. */
export type PostgresServerOptions = {
  programs: PostgresPrograms;
  /** Created by initdb when it is not there. Its parent must be open to `owner`. */
  dataDir: string;
  port: number;
  /** Of the superuser `postgres`; set when the data folder is created. */
  password: string;
  /** False: no fsync; for data that may be lost with the machine. */
  durable: boolean;
  /** What the server writes is appended here. */
  logFile: string;
  /** Who it runs as, when we are root: see `unprivilegedOwner()`. */
  owner?: ProcessOwner;
  /** Server settings, as in postgresql.conf. */
  settings?: Record<string, string | number>;
  /** How long recovery and start may take together (default 120 s). */
  startTimeoutMs?: number;
};

/** A running server. `url(database)` names the superuser and holds the password: never log it. */
export type PostgresServer = {
  port: number;
  pid: number;
  dataDir: string;
  url: (database?: string) => string;
  /** Resolves when the server ends, whatever the cause. */
  exited: Promise<ServerExit>;
  /** Ends open sessions and shuts down (SIGINT), at once after 30 s (SIGQUIT). May be called again. */
  stop: () => Promise<void>;
};

const volatileSettings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** Starts a server; see above. Throws `PostgresStartError`. */
export async function startPostgresServer(options: PostgresServerOptions): Promise<PostgresServer> {
  await endOrphanOf(options.dataDir);
  await initialiseDataFolder(options);
  const log = await open(options.logFile, 'a', 0o600);
  const { size } = await log.stat();
  const server = await spawnPostgres(options, log.fd).finally(() => log.close());
  try {
    await untilReady(server, options);
  } catch (error) {
    await stopServer(server);
    throw await asStartError(error, options, size);
  }
  return describe(server, options);
}

async function spawnPostgres(options: PostgresServerOptions, logFd: number): Promise<ServerProcess> {
  const settings = { ...(options.durable ? {} : volatileSettings), ...options.settings };
  return spawnServer({
    program: options.programs.postgres,
    args: ['-D', options.dataDir, '-p', String(options.port), ...settingArguments(settings)],
    cwd: options.dataDir,
    env: { PATH: options.programs.binDir, LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', logFd, logFd],
    owner: options.owner,
    parentDeathSignal: 'SIGINT',
  });
}

function settingArguments(settings: Record<string, string | number>): string[] {
  const all = { listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings };
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function untilReady(server: ServerProcess, options: PostgresServerOptions): Promise<void> {
  const deadline = Date.now() + (options.startTimeoutMs ?? 120_000);
  let ended = false;
  void server.exited.then(() => (ended = true));
  while (Date.now() < deadline) {
    const state = await readPostmasterPid(options.dataDir);
    if (state?.pid === server.pid && state.ready) return;
    if (ended) throw new Error('ended');
    await sleep(10);
  }
  throw new PostgresStartError({ reason: 'timed_out', sentence: 'Postgres was not ready in time.', log: '' });
}

async function asStartError(error: unknown, options: PostgresServerOptions, from: number): Promise<Error> {
  if (error instanceof PostgresStartError) return error;
  const log = (await readFile(options.logFile)).subarray(from).toString('utf8');
  return new PostgresStartError({ ...explainPostgresFailure({ ...options, log }), log });
}

async function stopServer(server: ServerProcess): Promise<void> {
  await server.stop([
    { signal: 'SIGINT', timeoutMs: 30_000 },
    { signal: 'SIGQUIT', timeoutMs: 5_000 },
  ]);
}

function describe(server: ServerProcess, options: PostgresServerOptions): PostgresServer {
  const { port, password, dataDir } = options;
  const url = (database = 'postgres'): string =>
    `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
  return { port, dataDir, pid: server.pid, url, exited: server.exited, stop: () => stopServer(server) };
}
