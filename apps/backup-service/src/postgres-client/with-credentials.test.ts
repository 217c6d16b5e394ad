import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Secret } from '@swfx/config';
import type { ServerAddress } from './server-address';
import { sweepCredentials, withCredentials } from './with-credentials';

const address: ServerAddress = {
  host: 'h',
  port: 5432,
  user: 'u',
  password: new Secret('ca:na\\ry'),
  database: 'd = "x"',
  tls: { sslmode: 'verify-full' },
};

describe('withCredentials', () => {
  it('names the server in the environment, and keeps the password in a file of ours that goes away', async () => {
    let file = '';
    await withCredentials(address, async (env) => {
      file = String(env['PGPASSFILE']);
      expect(env).toMatchObject({
        PGHOST: 'h',
        PGPORT: '5432',
        PGDATABASE: 'd = "x"',
        PGSSLMODE: 'verify-full',
      });
      expect(JSON.stringify(env)).not.toContain('ca:na');
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect(await readFile(file, 'utf8')).toBe('*:*:*:*:ca\\:na\\\\ry\n');
    });
    await expect(stat(dirname(file))).rejects.toThrow('ENOENT');
  });

  it('removes the file when the work fails', async () => {
    let file = '';
    const work = withCredentials(address, async (env) => {
      file = String(env['PGPASSFILE']);
      throw new Error('it broke');
    });
    await expect(work).rejects.toThrow('it broke');
    await expect(stat(file)).rejects.toThrow('ENOENT');
  });
});

describe('sweepCredentials', () => {
  it('removes what a process that is gone has left, and nothing of one that lives', async () => {
    const gone = spawn('true');
    await once(gone, 'exit');
    const left = await mkdtemp(join(tmpdir(), `swfx-pgpass-${gone.pid}-`));
    const pipe = await mkdtemp(join(tmpdir(), `swfx-pipe-${gone.pid}-`));
    const used = await mkdtemp(join(tmpdir(), `swfx-pgpass-${process.pid}-`));
    await sweepCredentials();
    const names = (await readdir(tmpdir())).map((name) => join(tmpdir(), name));
    expect(names).not.toContain(left);
    expect(names).not.toContain(pipe);
    expect(names).toContain(used);
    await rm(used, { recursive: true });
  });
});
