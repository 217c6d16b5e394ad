import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntil } from '@swfx/testkit';
import { accessToken, logIn, withDatabase } from './platform-access';
import { startStack, type Stack } from './stack';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
}, 240_000);
afterAll(() => stack.remove());

const wide = { timeoutMs: 150_000, intervalMs: 200 };
const services = [
  ['api-gateway', 'gatewayOperations'],
  ['key-rotation-service', 'rotationOperations'],
  ['backup-service', 'backupOperations'],
  ['alert-dispatcher', 'dispatcherOperations'],
] as const;

const status = async (url: string) => (await fetch(url, { signal: AbortSignal.timeout(10_000) })).status;
const ready = (port: (typeof services)[number][1]) =>
  waitUntil(async () => (await status(stack.url(port, '/readyz'))) === 200, wide);
async function checks(
  port: (typeof services)[number][1],
): Promise<{ status: number; checks: Record<string, string> }> {
  const answer = await fetch(stack.url(port, '/health'), { signal: AbortSignal.timeout(10_000) });
  return {
    status: answer.status,
    checks: ((await answer.json()) as { checks: Record<string, string> }).checks,
  };
}
const jwks = async () => (await fetch(stack.url('gateway', '/.well-known/jwks.json'))).text();
async function jsonOf<T>(line: string): Promise<T> {
  const { code, stdout, stderr } = await stack.shell(line);
  if (code !== 0) throw new Error(`${line}: exit ${code}: ${stderr}`);
  return JSON.parse(stdout) as T;
}
/** A call that the upstream answers without its database. */
const whoami = (bearer: string) =>
  fetch(stack.url('gateway', '/api/whoami'), {
    headers: { authorization: `Bearer ${bearer}` },
    signal: AbortSignal.timeout(10_000),
  });

async function killAndAwaitReturn(name: string): Promise<void> {
  const pid = stack.pidOf(name);
  if (!pid) throw new Error(`${name} does not run`);
  process.kill(pid, 'SIGKILL');
  await waitUntil(() => {
    const next = stack.pidOf(name);
    return next !== undefined && next !== pid;
  }, wide);
}

describe('a service that is killed', () => {
  it.each(services)('%s comes back by itself, with the same keys', async (name, port) => {
    const before = await jwks();
    await killAndAwaitReturn(name);
    await ready(port);
    expect(await waitUntil(jwks, wide)).toBe(before);
  });

  it('loses neither a queued backup nor a queued alert', async () => {
    const [backupPid, dispatcherPid] = [stack.pidOf('backup-service'), stack.pidOf('alert-dispatcher')];
    const queued = await jsonOf<{ id: string }>('swfx backup run platform --no-wait --json');
    process.kill(backupPid as number, 'SIGKILL');
    process.kill(dispatcherPid as number, 'SIGKILL');
    const raised = await stack.shell('swfx alerts test --wait 150 --message "raised while nobody listens"');
    expect(raised.code).toBe(0);
    await waitUntil(async () => {
      const backups = await jsonOf<{ id: string; state: string }[]>('swfx backup list --json');
      return backups.some((backup) => backup.id === queued.id && backup.state === 'succeeded');
    }, wide);
    await waitUntil(
      async () =>
        (await (await fetch(stack.url('slack', '/messages'))).text()).includes('raised while nobody listens'),
      wide,
    );
  });

  it('leaves no torn line in the audit log', async () => {
    const lines = readFileSync(join(stack.folder, 'logs/audit.log'), 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '');
    expect(lines.length).toBeGreaterThan(5);
    const ids = lines.map((line) => (JSON.parse(line) as { id: string }).id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('without Redis', () => {
  it('traffic flows, health names it, and it is well again without a restart', async () => {
    const bearer = await accessToken(stack);
    const pids = services.map(([name]) => stack.pidOf(name));
    await suspended(['Redis'], async () => {
      for (const [, port] of services) {
        await waitUntil(async () => (await checks(port)).checks['redis'] === 'unhealthy', wide);
        const report = await checks(port);
        expect(report.status).toBe(503);
        expect(report.checks['database']).toBe('healthy');
      }
      expect((await whoami(bearer)).status).toBe(200);
      expect(await status(stack.url('gatewayOperations', '/readyz'))).toBe(200);
    });
    for (const [, port] of services) await waitUntil(async () => (await checks(port)).status === 200, wide);
    expect(services.map(([name]) => stack.pidOf(name))).toEqual(pids);
  });

  it('that has lost all its data, schedules go on', async () => {
    const redisUrl = /^REDIS_URL=(.*)$/m.exec(
      readFileSync(join(stack.folder, 'operator.env'), 'utf8'),
    )?.[1] as string;
    const { Redis } = await import('ioredis');
    const redis = new Redis(redisUrl.replace(/^"|"$/g, ''));
    await redis.flushall();
    redis.disconnect();
    const before = (await jsonOf<unknown[]>('swfx backup list --json')).length;
    await withDatabase(stack, 'ops', async (ops) => {
      await ops.query(
        `UPDATE task_schedule SET next_run_at = now() - interval '1 minute' WHERE name = 'db_backup:platform'`,
      );
    });
    await waitUntil(async () => {
      const backups = await jsonOf<{ state: string }[]>('swfx backup list --json');
      return (
        backups.length === before + 1 &&
        backups.every((backup) => backup.state !== 'queued' && backup.state !== 'running')
      );
    }, wide);
  });
});

describe('without Postgres', () => {
  it('known keys go on verifying, health names it, and it is well again without a restart', async () => {
    const bearer = await accessToken(stack);
    const pids = services.map(([name]) => stack.pidOf(name));
    await suspended(['Postgres'], async () => {
      for (const [, port] of services) {
        await waitUntil(async () => (await checks(port)).checks['database'] === 'unhealthy', wide);
        expect((await checks(port)).status).toBe(503);
      }
      expect((await whoami(bearer)).status).toBe(200);
      expect(await status(stack.url('gatewayOperations', '/readyz'))).toBe(200);
      const refused = await logIn(stack, 'x');
      expect(refused.status).toBe(503);
    });
    for (const [, port] of services) await waitUntil(async () => (await checks(port)).status === 200, wide);
    expect(services.map(([name]) => stack.pidOf(name))).toEqual(pids);
    expect(await accessToken(stack)).toBeTruthy();
  });
});

describe('Ctrl-C', () => {
  it('ends everything in order and leaves no process; the next start finds everything again', async () => {
    const keys = await jwks();
    const pids = stack.state().children.map((child) => child.pid as number);
    const code = await stack.end('SIGINT');
    expect([0, 130]).toContain(code);
    expect(pids.filter(alive)).toEqual([]);

    const again = await startStack({ folder: stack.folder, usualPorts: true });
    const listed = await again.shell('swfx users list --json');
    expect(listed.stdout).toContain('demo@smartwalletfx.test');
    const known = (JSON.parse(keys) as { keys: { kid: string }[] }).keys.map((key) => key.kid);
    const published = await (await fetch(again.url('gateway', '/.well-known/jwks.json'))).text();
    expect(known.some((kid) => published.includes(kid))).toBe(true);
    await again.end('SIGTERM');
  });
});

/** Makes an engine hang with every process that it has, as a machine that stalls would, and lets it go on afterwards. */
async function suspended(names: string[], work: () => Promise<void>): Promise<void> {
  const pids = names.flatMap((name) => family(stack.pidOf(name) as number));
  try {
    for (const pid of pids) signal(pid, 'SIGSTOP');
    await work();
  } finally {
    for (const pid of pids) signal(pid, 'SIGCONT');
  }
}

function family(pid: number): number[] {
  const parents = readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && existsSync(`/proc/${name}/stat`),
  );
  const children = parents.filter((name) => {
    try {
      return (
        Number(
          readFileSync(`/proc/${name}/stat`, 'utf8')
            .replace(/^.*\) /, '')
            .split(' ')[1],
        ) === pid
      );
    } catch {
      return false; // It has ended in the meantime.
    }
  });
  return [pid, ...children.map(Number)];
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended in the meantime.
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
