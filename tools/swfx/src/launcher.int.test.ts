/** The launcher as an operator runs it: a child process, in a repository of its own, on a real ops database. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  createTestDatabase,
  freePort,
  startHttpStandIn,
  waitUntil,
  type HttpStandIn,
  type TestDatabase,
} from '@swfx/testkit';
import { build } from 'esbuild';
import groups from './groups.json';

const repository = join(__dirname, '../../..');
const root = mkdtempSync(join(tmpdir(), 'swfx-launcher-'));
const launcher = join(root, 'tools/swfx/bin/swfx.mjs');
let database: TestDatabase;
let healthy: HttpStandIn;
let ill: HttpStandIn;

beforeAll(async () => {
  for (const path of ['bin', 'src/groups.json', 'package.json'])
    cpSync(join(repository, 'tools/swfx', path), join(root, 'tools/swfx', path), { recursive: true });
  cpSync(join(repository, 'libs/database/migrations'), join(root, 'tools/swfx/dist/migrations'), {
    recursive: true,
  });
  await bundle(join(__dirname, 'main.ts'), join(root, 'tools/swfx/dist/main.js'));
  write('apps/key-rotation-service/dist/operator.js', keysBundle);
  database = await createTestDatabase();
  await database.pool.query(schedulesAndInstances);
  healthy = await startHttpStandIn(({ path }) => operationsAnswer(path, 'healthy'));
  ill = await startHttpStandIn(({ path }) => operationsAnswer(path, 'unhealthy'));
});

afterAll(async () => {
  await Promise.all([database.drop(), healthy.stop(), ill.stop()]);
  rmSync(root, { recursive: true });
});

describe('swfx GROUP COMMAND', () => {
  it('runs the bundle of the app with the words, the operator’s environment and the exit code', async () => {
    write('.swfx/operator.env', 'DATABASE_URL=postgres://from-file/ops\nREDIS_URL=redis://from-file\n');
    const { code, out } = await swfx(['keys', 'list', '--json'], { REDIS_URL: 'redis://real' });
    rmSync(join(root, '.swfx'), { recursive: true });
    expect(JSON.parse(out)).toEqual({
      words: ['keys', 'list', '--json'],
      database: 'postgres://from-file/ops',
      redis: 'redis://real',
    });
    expect(code).toBe(7);
  });

  it('lets the bundle answer the signals that it is sent', async () => {
    const child = start(['keys', 'wait'], { DATABASE_URL: 'x', REDIS_URL: 'x' });
    await child.printed('waiting');
    child.process.kill('SIGTERM');
    expect(await child.ended).toMatchObject({ out: 'waiting\nstopped in order\n', code: 3 });
  });

  it('says what to set when there is no operator’s environment', async () => {
    const remedy = 'must be set; npm start does so for the local stack.\n';
    expect(await swfx(['keys', 'list'])).toEqual({
      code: 2,
      out: '',
      err: `DATABASE_URL and REDIS_URL ${remedy}`,
    });
    expect(await swfx(['tasks', 'list'])).toEqual({ code: 2, out: '', err: `DATABASE_URL ${remedy}` });
  });

  it('says what to run when the app has not been built', async () => {
    const { code, err } = await swfx(['backup', 'list']);
    expect(code).toBe(1);
    expect(err).toMatch(/^There is no \S+operator\.js yet: run npm start or npm run build first\.\n$/);
  });

  it('refuses a group that does not exist, with a suggestion', async () => {
    const { code, err } = await swfx(['task', 'list']);
    expect(code).toBe(2);
    expect(err).toContain('Did you mean tasks?');
  });

  it('shows the help without any environment', async () => {
    const { code, out } = await swfx(['--help']);
    expect(code).toBe(0);
    expect(out).toContain('keys rotate');
  });
});

describe('what the help promises of the apps', () => {
  it.each(Object.entries(groups))('is what the operator bundle of %s has', async (name, group) => {
    const source = group.bundle.replace('/dist/', '/src/').replace(/js$/, 'ts');
    const outfile = join(root, 'promised', group.bundle);
    await bundle(join(repository, source), outfile);
    const { code, out } = await start([name, '--help'], {}, outfile).ended;
    expect(code).toBe(0);
    for (const command of Object.keys(group.commands))
      expect(out).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
  });
});

describe('swfx tasks list', () => {
  it('shows schedules and live workers, and marks a schedule that nobody alive would run', async () => {
    const { code, out } = await swfx(['tasks', 'list'], { DATABASE_URL: database.url });
    expect(code).toBe(0);
    expect(out).toMatch(/jwt_key_rotation +key-rotation-service +\*\/5 \* \* \* \* +3 h ago +in 3 h +1\n/);
    expect(out).toMatch(
      /db_backup:platform +backup-service +0 2 \* \* \* +never +due for 3 h +no live worker\n/,
    );
    expect(out).toMatch(/key-rotation-service +host-a +41 +jwt_key_rotation +\S/);
    expect(out).not.toContain('host-b');
  });

  it('gives programs one JSON document', async () => {
    const { out } = await swfx(['tasks', 'list', '--json'], { DATABASE_URL: database.url });
    expect(JSON.parse(out)).toMatchObject({
      schedules: [
        { name: 'db_backup:platform', last_run_at: null, live_workers: 0 },
        { name: 'jwt_key_rotation', cron: '*/5 * * * *', live_workers: 1 },
      ],
      workers: [{ service: 'key-rotation-service', host: 'host-a', pid: 41, tasks: ['jwt_key_rotation'] }],
    });
  });

  it('works with what the operator’s role may read', async () => {
    const { code } = await swfx(['tasks', 'list'], { DATABASE_URL: await database.urlAs('swfx_operator') });
    expect(code).toBe(0);
  });

  it('says in one sentence that Postgres is down', async () => {
    const { code, out, err } = await swfx(['tasks', 'list'], { DATABASE_URL: await deadDatabase() });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^The ops database does not answer: [^\n]+\n$/);
  });
});

describe('swfx status', () => {
  const services = () => `key-rotation-service=${healthy.url},backup-service=${ill.url}`;

  it('ends with 0 when everything is healthy', async () => {
    const { code, out } = await swfx(['status'], {
      DATABASE_URL: database.url,
      SWFX_SERVICES: `key-rotation-service=${healthy.url}`,
    });
    expect(code).toBe(0);
    expect(out).toMatch(/key-rotation-service +– +127\.0\.0\.1:\d+ +healthy +1\.0\.0 +1\n/);
  });

  it('names the check that fails and ends with 1', async () => {
    const environment = { DATABASE_URL: database.url, SWFX_SERVICES: services() };
    const { code, out } = await swfx(['status', '--json'], environment);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      healthy: false,
      services: [
        { service: 'key-rotation-service', state: 'healthy', instances: [{ host: 'host-a' }] },
        { service: 'backup-service', state: 'unhealthy', failed_checks: ['redis'], instances: [] },
      ],
    });
  });

  it('shows a service that is down, from what the local stack wrote', async () => {
    const gatewayOperations = await freePort();
    const others = {
      rotationOperations: healthy.port,
      backupOperations: ill.port,
      dispatcherOperations: healthy.port,
    };
    const ports = { gateway: 8000, gatewayOperations, dispatcher: 8003, ...others };
    write('.swfx/state.json', JSON.stringify({ ports }));
    const { code, out } = await swfx(['status'], { DATABASE_URL: database.url });
    rmSync(join(root, '.swfx'), { recursive: true });
    expect(code).toBe(1);
    expect(out).toMatch(/api-gateway +8000 +127\.0\.0\.1:\d+ +down +– +0 +nothing listens at its port\n/);
  });

  it('still tells what the services say while Postgres is down', async () => {
    const environment = { DATABASE_URL: await deadDatabase(), SWFX_SERVICES: services() };
    const { code, out, err } = await swfx(['status'], environment);
    expect(code).toBe(1);
    expect(out).toMatch(/backup-service .* unhealthy +1\.0\.0 +\? +redis unhealthy/);
    expect(err).toBe('The ops database does not answer, so live instances are not known.\n');
  });
});

describe('swfx db migrate', () => {
  it('says what it applied, and then that there is nothing to apply', async () => {
    const empty = await createTestDatabase({ migrate: false });
    const first = await swfx(['db', 'migrate', '--json'], { MIGRATION_DATABASE_URL: empty.url });
    const second = await swfx(['db', 'migrate'], { DATABASE_URL: empty.url });
    await empty.drop();
    expect(JSON.parse(first.out).applied).toContain('0001_foundation');
    expect(second).toEqual({ code: 0, out: 'The ops database is up to date: nothing to apply.\n', err: '' });
  });

  it('says in one sentence that Postgres is down', async () => {
    const { code, err } = await swfx(['db', 'migrate'], { DATABASE_URL: await deadDatabase() });
    expect(code).toBe(1);
    expect(err).toMatch(/^The ops database does not answer: [^\n]+\n$/);
  });
});

describe('swfx logs', () => {
  const line = (service: string, second: number, message: string) =>
    JSON.stringify({ timestamp: `2025-06-22T14:30:0${second}.000Z`, level: 'info', service, message });
  const access =
    '2025-06-22T14:30:02.500Z 127.0.0.1 "GET /api/wallets HTTP/1.1" 200 12 0.0021 "curl/8" 4bf92f';

  beforeEach(() => {
    write('logs/api-gateway.log', `${line('api-gateway', 1, 'one')}\n${line('api-gateway', 3, 'three')}\n`);
    write('logs/backup-service.log', `${line('backup-service', 2, 'two')}\n`);
    write('logs/api-gateway.access.log', `${access}\n`);
    write(
      'logs/audit.log',
      '{"timestamp":"2025-06-22T14:30:00.000Z","logger":"audit","action":"db_backup_started"}\n',
    );
  });

  it('interleaves the services by time, as raw lines where a program reads', async () => {
    const { code, out } = await swfx(['logs']);
    expect(code).toBe(0);
    expect(messages(out)).toEqual(['one', 'two', 'three']);
  });

  it('shows the last lines of one service, or another log, where that is asked for', async () => {
    expect(messages((await swfx(['logs', 'api-gateway', '-n', '1'])).out)).toEqual(['three']);
    expect((await swfx(['logs', '--audit'])).out).toContain('db_backup_started');
    expect((await swfx(['logs', 'api-gateway', '--access'])).out).toBe(`${access}\n`);
  });

  it('names the services that there are when one is not', async () => {
    const { code, err } = await swfx(['logs', 'gateway']);
    expect(code).toBe(2);
    expect(err).toContain('there are api-gateway, backup-service');
  });

  it('follows until it is interrupted, and ends well', async () => {
    const child = start(['logs', '-f', '-n', '0']);
    await waitUntil(() => {
      appendFileSync(join(root, 'logs/backup-service.log'), `${line('backup-service', 4, 'four')}\n`);
      return child.said().includes('four');
    });
    child.process.kill('SIGINT');
    expect((await child.ended).code).toBe(0);
  });

  it('ends quietly when its reader goes away', async () => {
    const child = start(['logs', '-f']);
    await child.printed('three');
    child.process.stdout.destroy();
    const writing = setInterval(
      () => appendFileSync(join(root, 'logs/api-gateway.log'), `${line('api-gateway', 5, 'five')}\n`),
      20,
    );
    const ended = await child.ended.finally(() => clearInterval(writing));
    expect(ended).toMatchObject({ code: 0, err: '' });
  });

  const messages = (out: string) =>
    out
      .trim()
      .split('\n')
      .map((text) => (JSON.parse(text) as { message: string }).message);
});

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

function start(words: string[], environment: Record<string, string> = {}, program = launcher) {
  const { PATH = '' } = process.env;
  // From another folder, since the launcher finds its repository by its own place.
  const child = spawn(process.execPath, [program, ...words], {
    cwd: tmpdir(),
    env: { PATH, ...environment },
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = once(child, 'close').then(([code]): Ended => ({ code: code as number | null, out, err }));
  const printed = (text: string) => waitUntil(() => out.includes(text), { describe: `"${text}" is printed` });
  return { process: child, ended, printed, said: () => out };
}

function swfx(words: string[], environment?: Record<string, string>): Promise<Ended> {
  return start(words, environment).ended;
}

function write(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

async function deadDatabase(): Promise<string> {
  return `postgres://nobody@127.0.0.1:${await freePort()}/ops`;
}

async function bundle(source: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [source],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    loader: { '.node': 'copy' },
    logLevel: 'error',
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  });
}

function operationsAnswer(path: string, redis: 'healthy' | 'unhealthy') {
  if (path === '/readyz') return { body: { ready: true } };
  const timestamp = '2025-06-22T14:30:00Z';
  const body = { status: redis, timestamp, version: '1.0.0', checks: { database: 'healthy', redis } };
  return { status: redis === 'healthy' ? 200 : 503, body };
}

/** In the place of an app's operator entry. */
const keysBundle = `
  const words = process.argv.slice(2);
  if (words[1] === 'wait') {
    const timer = setInterval(() => undefined, 1000);
    process.once('SIGTERM', () => {
      process.stdout.write('stopped in order\\n');
      process.exitCode = 3;
      clearInterval(timer);
    });
    process.stdout.write('waiting\\n');
  } else {
    const { DATABASE_URL: database, REDIS_URL: redis } = process.env;
    process.stdout.write(JSON.stringify({ words, database, redis }));
    process.exitCode = 7;
  }
`;

const schedulesAndInstances = `
  INSERT INTO task_schedule (name, service, cron, next_run_at, last_run_at) VALUES
    ('jwt_key_rotation', 'key-rotation-service', '*/5 * * * *', now() + interval '3 hours', now() - interval '3 hours'),
    ('db_backup:platform', 'backup-service', '0 2 * * *', now() - interval '3 hours', NULL);
  INSERT INTO service_instance (id, service, version, host, pid, tasks, heartbeat_at) VALUES
    (gen_random_uuid(), 'key-rotation-service', '1.0.0', 'host-a', 41, '{jwt_key_rotation}', now() + interval '1 hour'),
    (gen_random_uuid(), 'backup-service', '1.0.0', 'host-b', 42, '{db_backup}', now() - interval '3 hours');
`;
