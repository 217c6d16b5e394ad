import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { access, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { startPostgresServer } from './start-postgres-server';
import type { PostgresServer, PostgresServerOptions } from './start-postgres-server';
import { prepareThrowawayPostgres, startThrowawayPostgres } from './start-throwaway-postgres';

const run = promisify(execFile);

describe('startPostgresServer', () => {
  let options: PostgresServerOptions;
  let remove: () => Promise<void>;
  const started: PostgresServer[] = [];

  const start = async (changes: Partial<PostgresServerOptions> = {}): Promise<PostgresServer> => {
    const server = await startPostgresServer({ ...options, ...changes });
    started.push(server);
    return server;
  };
  const query = async (server: PostgresServer, sql: string): Promise<string> => {
    const { stdout } = await run(options.programs.psql, ['-XAt', '-c', sql, server.url()]);
    return stdout.trim();
  };

  beforeEach(async () => {
    ({ options, remove } = await prepareThrowawayPostgres());
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map((server) => server.stop()));
    await remove();
  });

  it('accepts connections once it is handed out, and keeps its data between two starts', async () => {
    const first = await start();
    await query(first, 'create table kept as select 42 as answer');
    await first.stop();
    expect(await query(await start(), 'select answer from kept')).toBe('42');
  });

  it('refuses a wrong password', async () => {
    const server = await start();
    const wrong = server.url().replace(/:[^:@/]+@/, ':wrong@');
    await expect(run(options.programs.psql, ['-XAt', '-c', 'select 1', wrong])).rejects.toThrow(
      'password authentication failed',
    );
  });

  it('keeps the password out of the command line and leaves no file with it', async () => {
    const server = await start();
    expect(await readFile(`/proc/${server.pid}/cmdline`, 'utf8')).not.toContain(options.password);
    await expect(access(`${options.dataDir}.password`)).rejects.toThrow('ENOENT');
  });

  it('says that the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(start({ port }).finally(() => other.close())).rejects.toMatchObject({
      reason: 'port_taken',
    });
  });

  it('leaves the data folder of another major alone', async () => {
    await (await start()).stop();
    await writeFile(`${options.dataDir}/PG_VERSION`, '9\n');
    await expect(start()).rejects.toMatchObject({ reason: 'other_major' });
  });

  it('ends a server that outlived whoever started it, and takes its place', async () => {
    const orphan = await start();
    const next = await start();
    expect(await orphan.exited).toEqual({ code: 0, signal: null });
    expect(await query(next, 'select 1')).toBe('1');
  });

  it('starts again after a crash that left its pid file', async () => {
    const crashed = await start();
    process.kill(crashed.pid, 'SIGKILL');
    await crashed.exited;
    expect(await query(await start(), 'select 1')).toBe('1');
  });

  it('stops a server that hangs', async () => {
    const server = await start();
    process.kill(server.pid, 'SIGSTOP');
    await server.stop();
    expect(() => process.kill(server.pid, 0)).toThrow('ESRCH');
  });
});

describe('startThrowawayPostgres', () => {
  it('removes its folder when it is stopped', async () => {
    const server = await startThrowawayPostgres();
    await access(server.dataDir);
    await server.stop();
    await expect(access(server.dataDir)).rejects.toThrow('ENOENT');
  });

  it('leaves nothing behind when it cannot start', async () => {
    const broken = { ...(await prepared()), initdb: '/bin/false' };
    await expect(startThrowawayPostgres({ programs: broken })).rejects.toMatchObject({ reason: 'unknown' });
  });

  async function prepared(): Promise<PostgresServerOptions['programs']> {
    const { options, remove } = await prepareThrowawayPostgres();
    await remove();
    return options.programs;
  }
});
