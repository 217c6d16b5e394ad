import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, waitUntil } from '@swfx/testkit';
import { startService } from './start-service';
import { createSupervisor } from './supervise';
import type { Child, Supervisor } from './supervise';

/** A tiny service: ready at once, except that `behaviour` runs first. It writes a line when it is asked to stop. */
const program = (behaviour: string): string => `
  const { appendFileSync } = require('node:fs');
  const server = require('node:http').createServer((request, response) => response.end('ok'));
  process.on('SIGTERM', () => { appendFileSync(process.env.ORDER, process.env.NAME + '\\n'); process.exit(0); });
  ${behaviour}
  server.listen(Number(process.env.PORT), '127.0.0.1');
`;

describe('createSupervisor', () => {
  let folder: string;
  let said: string[];
  let supervisor: Supervisor;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'swfx-supervise-'));
    said = [];
    supervisor = createSupervisor({ say: (line) => said.push(line), changed: () => undefined });
  });
  afterEach(async () => {
    await supervisor.stop();
    await rm(folder, { recursive: true });
  });

  const service = async (name: string, behaviour = '', tier = 1): Promise<Child> => {
    const port = await freePort();
    const bundle = join(folder, `${name}.cjs`);
    const logFile = join(folder, `${name}.log`);
    await writeFile(bundle, program(behaviour));
    const env = { PORT: String(port), NAME: name, ORDER: join(folder, 'order') };
    const readyUrl = `http://127.0.0.1:${port}/`;
    const start = { program: process.execPath, args: [bundle], cwd: folder, env };
    const options = { ...start, logFile, readyUrl, stopTimeoutMs: 300 };
    return { name, tier, logFile, start: (signal) => startService(options, signal) };
  };
  const pidOf = (name: string): number => {
    const pid = supervisor.children().find((child) => child.name === name)?.pid;
    if (!pid) throw new Error(`${name} has no process`);
    return pid;
  };

  it('says why a child did not start, with the end of its log', async () => {
    const child = await service('broken', "console.error('no such key'); process.exit(3);");
    await expect(supervisor.start(child)).rejects.toMatchObject({
      message: 'broken did not start: it ended with exit code 3.',
      detail: 'no such key',
    });
  });

  it('starts a child again that was killed, and says so', async () => {
    await supervisor.start(await service('mortal'));
    const first = pidOf('mortal');
    process.kill(first, 'SIGKILL');
    await waitUntil(() => said.includes('mortal is ready again.'));
    expect(said[0]).toBe('mortal ended by SIGKILL; starting it again.');
    expect(pidOf('mortal')).not.toBe(first);
  });

  it('gives a child up that keeps dying', async () => {
    await supervisor.start(await service('weak', 'setTimeout(() => process.exit(7), 300);'));
    const error = await supervisor.failed;
    expect(error.message).toMatch(/^weak .* for the fifth time within a minute\.$/);
  });

  it('stops those that use others before those that are used', async () => {
    await supervisor.start(await service('store', '', 0));
    await supervisor.start(await service('helper', '', 1));
    await supervisor.start(await service('app', '', 2));
    await supervisor.stop();
    expect(await readFile(join(folder, 'order'), 'utf8')).toBe('app\nhelper\nstore\n');
  });

  it('ends a child that ignores SIGTERM', async () => {
    await supervisor.start(
      await service('deaf', "process.removeAllListeners('SIGTERM'); process.on('SIGTERM', () => {});"),
    );
    const pid = pidOf('deaf');
    await supervisor.stop();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('ends a child that is still starting when it is told to stop', async () => {
    const starting = supervisor
      .start(await service('slow', 'server.listen = () => {};'))
      .catch((error: Error) => error.message);
    await supervisor.stop();
    expect(await starting).toBe('slow did not start: it was told to stop.');
  });

  it('restarts a child on purpose without counting that as a death', async () => {
    await supervisor.start(await service('edited'));
    const first = pidOf('edited');
    await supervisor.restart('edited');
    expect(pidOf('edited')).not.toBe(first);
    expect(said).toEqual(['edited is ready again.']);
  });
});
