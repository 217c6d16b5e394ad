/** The worst day: Postgres and Redis are gone, and an operator must get through. */
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { runOperator } from '@swfx/service';
import { freePort, startHttpStandIn, waitUntil, type HttpStandIn } from '@swfx/testkit';
import { createProgram } from './operator/create-program';
import { send } from './testing/raw-http';
import { startTestGateway, type TestGateway } from './testing/start-test-gateway';
import { bearer } from './testing/tokens';

const folder = mkdtempSync(join(tmpdir(), 'swfx-break-glass-'));
const keyFile = join(folder, 'key.pem');
let upstream: HttpStandIn;
let intake: HttpStandIn;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await startHttpStandIn((request) => ({ body: { headers: request.headers } }));
  intake = await startHttpStandIn(() => ({ status: 202 }));
  const { public_key: publicKey } = JSON.parse(await run('break-glass-key', '--out', keyFile, '--json')) as {
    public_key: string;
  };
  const nowhere = await freePort();
  gateway = await startTestGateway({
    databaseUrl: `postgres://nobody@127.0.0.1:${nowhere}/ops`,
    redisUrl: `redis://127.0.0.1:${nowhere}`,
    upstream: upstream.url,
    keyEncryptionKeys: `test:${Buffer.alloc(32, 1).toString('base64')}`,
    settings: {
      BREAK_GLASS_PUBLIC_KEY: publicKey,
      ALERT_INTAKE_URL: intake.url,
      ALERT_INTAKE_TOKEN: 'a token',
    },
  });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
  await intake.stop();
  rmSync(folder, { recursive: true });
});
afterEach(() => void process.stdout.removeAllListeners('error'));

async function run(...words: string[]): Promise<string> {
  let out = '';
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  await runOperator(createProgram({ environment: {}, stdin: Readable.from([]) }), [
    'node',
    'swfx',
    'users',
    ...words,
  ]);
  spy.mockRestore();
  return out;
}

test('the private half is its owner’s alone, and is not written over', async () => {
  expect(statSync(keyFile).mode & 0o777).toBe(0o600);
  const before = readFileSync(keyFile);
  const errors = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
  await run('break-glass-key', '--out', keyFile);
  errors.mockRestore();
  expect(process.exitCode).toBe(1);
  process.exitCode = 0;
  expect(readFileSync(keyFile)).toEqual(before);
});

test.each([
  [
    'another kind of key',
    () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
    'platform:read',
  ],
  [
    'a key of another curve',
    () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
    'platform:read',
  ],
  ['no key at all', () => undefined, 'platform:read'],
  ['no scope', () => createPrivateKey(readFileSync(keyFile)), ' '],
])('makes no token with %s, which no gateway would accept', async (_case, make, scopes) => {
  const file = join(folder, 'other.pem');
  writeFileSync(file, make()?.export({ format: 'pem', type: 'pkcs8' }) ?? 'a shopping list');
  const errors = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
  expect(await run('break-glass-token', '--key', file, '--scopes', scopes)).toBe('');
  errors.mockRestore();
  expect(process.exitCode).toBe(2);
  process.exitCode = 0;
});

test('an emergency token passes with everything down, within its scopes; it is audited and alerted once', async () => {
  const token = (await run('break-glass-token', '--key', keyFile, '--scopes', 'platform:read')).trim();
  for (let times = 0; times < 2; times += 1) {
    const answer = await send(`${gateway.url}/api/x`, { headers: bearer(token) });
    expect(answer.status).toBe(200);
    const { headers } = JSON.parse(answer.body) as { headers: Record<string, string> };
    expect(headers['x-auth-subject']).toMatch(/^operator:./);
    expect(headers['x-auth-scopes']).toBe('platform:read');
  }
  expect((await send(`${gateway.url}/api/x`, { method: 'POST', headers: bearer(token) })).status).toBe(403);

  await waitUntil(() => intake.requests.length > 0);
  const alerts = intake.requests.map(({ body }) => JSON.parse(body) as { kind: string; severity: string });
  expect(alerts).toMatchObject([{ kind: 'break_glass_used', severity: 'critical' }]);
  const audit = readFileSync(gateway.auditFile, 'utf8');
  const used = audit.split('\n').filter((line) => line.includes('"action":"break_glass_used"'));
  expect(used).toHaveLength(1);
  expect(used[0]).not.toContain(token);
});

test('who carries one is told so, without Postgres and without an account', async () => {
  const token = (await run('break-glass-token', '--key', keyFile, '--scopes', 'platform:read')).trim();
  const answer = await send(`${gateway.url}/auth/me`, { headers: bearer(token) });
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.body)).toMatchObject({
    subject: expect.stringMatching(/^operator:./) as string,
    email: null,
    scopes: ['platform:read'],
  });
});

test('nobody else passes: what cannot be checked is not let through', async () => {
  const answer = await send(`${gateway.url}/api/x`, { headers: bearer('abc') });
  expect(answer.status).toBe(401);
});
