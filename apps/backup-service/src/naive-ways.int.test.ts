import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { findPostgresPrograms } from '@swfx/postgres-server';
import { createTestDatabase, type TestDatabase } from '@swfx/testkit';
import { openSession } from './postgres-client/open-session';
import { parseServerAddress, type ServerAddress } from './postgres-client/server-address';
import { withCredentials } from './postgres-client/with-credentials';
import { findExpansion, type Filter } from './programs/find-compression';
import { runTogether } from './programs/run-together';
import { startProgram } from './programs/start-program';
import { restoreDump } from './prove/restore-dump';

const run = promisify(execFile);
const never = new AbortController().signal;
const path = process.env['PATH'] ?? '';

/**
 * What other backup tools take for success, each tried here on real programs: first that the naive way is deceived, then
 * that ours is not.
 */
describe('where the naive way says that all is well', () => {
  let folder: string;
  let source: TestDatabase;
  let target: TestDatabase;
  let programs: { pgDump: string; pgRestore: string };
  let expansion: Filter;
  const file = (name: string) => join(folder, name);
  const addressOf = (url: string): ServerAddress => {
    const parsed = parseServerAddress(url);
    if (!parsed.ok) throw new Error(parsed.problem);
    return parsed.address;
  };

  beforeAll(async () => {
    const found = await findPostgresPrograms();
    if (!found.found) throw new Error(found.reason);
    programs = found.programs;
    expansion = (await findExpansion('zstd', path)) as Filter;
    folder = await mkdtemp(join(tmpdir(), 'swfx-naive-'));
    source = await createTestDatabase({ migrate: false });
    target = await createTestDatabase({ migrate: false });
    await source.pool.query(`CREATE TABLE a AS SELECT i, md5(i::text) FROM generate_series(1, 20000) i`);
    await dump('dump');
    const role = `${source.name}_gone`;
    await source.pool.query(`CREATE ROLE ${role}; GRANT SELECT ON a TO ${role}`);
    await dump('granted');
    await source.pool.query(`REVOKE ALL ON a FROM ${role}; DROP ROLE ${role}`);
  });
  afterEach(() => target.pool.query('DROP TABLE IF EXISTS a'));
  afterAll(async () => {
    await source.drop();
    await target.drop();
    await rm(folder, { recursive: true });
  });

  async function dump(name: string): Promise<void> {
    await withCredentials(addressOf(source.url), (env) =>
      run(programs.pgDump, ['-Fc', '-Z0', '-f', file(name)], { env }),
    );
  }

  async function restore(bytes: Buffer, url = target.url) {
    await writeFile(file('stored'), bytes);
    await run(expansion.program, ['-q', '-f', file('stored'), '-o', file('stored.zst')]);
    const stored = createReadStream(file('stored.zst'));
    const { pgRestore } = programs;
    const address = addressOf(url);
    const unseal = (bytes: AsyncIterable<Buffer>) => bytes;
    return restoreDump(stored, { address, pgRestore, expansion, unseal, path, signal: never });
  }

  it('because the file ends well when the program that wrote it died', async () => {
    // Resolving on `finish` alone, as in Skyfay/DBackup#154: the output of a program that failed ends too.
    const naive = startProgram({ program: '/bin/sh', args: ['-c', 'echo PGDMP; exit 1'], signal: never });
    await expect(pipeline(naive.stdout, createWriteStream(file('naive')))).resolves.toBeUndefined();
    const ours = runTogether(never, (signal) => {
      const program = startProgram({ program: '/bin/sh', args: ['-c', 'echo PGDMP; exit 1'], signal });
      return [pipeline(program.stdout, createWriteStream(file('ours'))), program.succeeded];
    });
    await expect(ours).rejects.toThrow('sh failed with code 1');
  });

  it('because pg_restore can list a dump of which only the head is there', async () => {
    const whole = await readFile(file('dump'));
    const cut = whole.subarray(0, Math.floor(whole.length * 0.6));
    await writeFile(file('cut'), cut);
    await expect(run(programs.pgRestore, ['--list', file('cut')])).resolves.toMatchObject({
      stdout: expect.stringContaining('TABLE DATA public a'),
    });
    await expect(restore(cut)).rejects.toThrow(/pg_restore failed/);
  });

  it('because pg_restore reads a dump with a flipped byte to its end', async () => {
    const flipped = await readFile(file('dump'));
    const at = flipped.indexOf('12345\t');
    flipped.write('9', at);
    await writeFile(file('flipped'), flipped);
    await expect(run(programs.pgRestore, ['-f', '/dev/null', file('flipped')])).resolves.toBeDefined();
    // No program of Postgres can tell; the hash of what was dumped does.
    const { dumpedSha256 } = await restore(flipped);
    const written = createHash('sha256').update(await readFile(file('dump')));
    expect(dumpedSha256).not.toBe(written.digest('hex'));
  });

  it('because pg_restore goes on after an error, and ends with a code that passes for warnings', async () => {
    const naive = withCredentials(addressOf(target.url), (env) =>
      run(programs.pgRestore, ['-d', target.name, file('granted')], { env }),
    );
    await expect(naive).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('errors ignored on restore: 1'),
    });
    await target.pool.query('DROP TABLE a');
    await expect(restore(await readFile(file('granted')))).rejects.toThrow(/role "\w+_gone" does not exist/);
  });

  it('because a database can be called like a connection to another one', async () => {
    const name = `host=nowhere dbname='postgres' \\`;
    const quoted = `"${name}"`;
    await target.pool.query(`CREATE DATABASE ${quoted} TEMPLATE template0`);
    const url = Object.assign(new URL(target.url), { pathname: `/${encodeURIComponent(name)}` }).href;
    const naive = withCredentials(addressOf(url), (env) =>
      run(programs.pgRestore, ['-d', name, file('dump')], { env }),
    );
    await expect(naive).rejects.toMatchObject({ code: 1 });
    const { storedSha256 } = await restore(await readFile(file('dump')), url);
    expect(storedSha256).toHaveLength(64);
    const session = await openSession(addressOf(url), never);
    const { rows } = await session.query('SELECT count(*)::int AS rows FROM public.a');
    expect(rows).toEqual([{ rows: 20000 }]);
    await session.end();
    await target.pool.query(`DROP DATABASE ${quoted}`);
  });
});
