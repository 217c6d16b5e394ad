/**
 * A Redis server of our own, as a child process: for tests, and durable for the local stack. It listens on
 * 127.0.0.1 only, gets its configuration through stdin (a password on argv could be read by everyone) and never
 * outlives us.
 */
import { once } from 'node:events';
import { access, constants, open, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { programFolders, spawnServer } from '@swfx/postgres-server';
import type { ServerExit, ServerProcess } from '@swfx/postgres-server';

export type RedisServerOptions = {
  port: number;
  /** Where its data and, in `redis.log`, its log are kept. It must exist. */
  dir: string;
  /** True: every write is on the disk before it is answered (appendonly, appendfsync always). False: memory only. */
  persistent: boolean;
  password?: string;
  /** Default: found on PATH or where packages put it. */
  program?: string;
  logFile?: string;
};

/** A running server. `url` holds the password, where there is one. */
export type RedisServer = {
  port: number;
  pid: number;
  url: string;
  exited: Promise<ServerExit>;
  stop: () => Promise<void>;
};

/** The path of redis-server, on PATH or off it; undefined where it is not installed. */
export async function findRedisServer(): Promise<string | undefined> {
  for (const folder of await programFolders(process.env['PATH'])) {
    const path = join(folder, 'redis-server');
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/**
 * Starts Redis and returns once it answers. Never evicts a key: a queue that loses jobs to save memory is no queue.
 * Throws one sentence if it cannot be started; nothing is left running then.
 */
export async function startRedisServer(options: RedisServerOptions): Promise<RedisServer> {
  const program = options.program ?? (await findRedisServer());
  if (!program) throw new Error('redis-server is not installed; `npm test` and `npm start` install it.');
  const logFile = options.logFile ?? join(options.dir, 'redis.log');
  const server = await spawnRedis(program, logFile, options);
  const { port, password } = options;
  try {
    await untilAnswering(server, port);
  } catch (error) {
    await stopServer(server);
    throw new Error(`Redis did not start on port ${port}: ${await lastComplaint(logFile)}`, { cause: error });
  }
  const url = `redis://${password ? `:${encodeURIComponent(password)}@` : ''}127.0.0.1:${port}`;
  return { port, pid: server.pid, url, exited: server.exited, stop: () => stopServer(server) };
}

async function spawnRedis(
  program: string,
  logFile: string,
  options: RedisServerOptions,
): Promise<ServerProcess> {
  const log = await open(logFile, 'a', 0o600);
  const stdio = ['pipe' as const, log.fd, log.fd];
  const env = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
  const server = await spawnServer({ program, args: ['-'], cwd: options.dir, env, stdio }).finally(() =>
    log.close(),
  );
  // A server that ends before it has read its configuration is reported by its log, not by this pipe.
  server.child.stdin?.on('error', () => undefined).end(configuration(options));
  return server;
}

function configuration({ port, dir, persistent, password }: RedisServerOptions): string {
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${quote(dir)}`,
    'save ""',
    'maxmemory-policy noeviction',
  ];
  lines.push(...(persistent ? ['appendonly yes', 'appendfsync always'] : ['appendonly no', 'databases 64']));
  if (password) lines.push(`requirepass ${quote(password)}`);
  return `${lines.join('\n')}\n`;
}

/** A quoted word of redis.conf: backslash escapes as in C. */
function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

async function untilAnswering(server: ServerProcess, port: number, timeoutMs = 60_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  let ended = false;
  void server.exited.then(() => (ended = true));
  while (Date.now() < deadline) {
    if (ended) throw new Error('it ended');
    // Whoever else holds the port would answer too, so our own process has to be alive after the answer as well.
    if ((await answers(port)) && !ended) return;
    await sleep(5);
  }
  throw new Error('it did not answer in time');
}

/** Whether PING is answered. `NOAUTH` is an answer too; `LOADING` (the append-only file is being read) is not yet. */
async function answers(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1', timeout: 2_000 });
  try {
    socket.once('timeout', () => socket.destroy(new Error('silent')));
    socket.write('PING\r\n');
    const [reply] = (await once(socket, 'data')) as [Buffer];
    return /^(\+PONG|-NOAUTH)/.test(reply.toString('latin1'));
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function lastComplaint(logFile: string): Promise<string> {
  const log = await readFile(logFile, 'utf8').catch(() => '');
  if (/Address already in use/.test(log)) return 'the port is taken by another program.';
  if (/No space left on device/.test(log)) return 'the disk is full.';
  return log.trim().split('\n').at(-1) || 'it ended without a word.';
}

async function stopServer(server: ServerProcess): Promise<void> {
  await server.stop([{ signal: 'SIGTERM', timeoutMs: 15_000 }]);
}
