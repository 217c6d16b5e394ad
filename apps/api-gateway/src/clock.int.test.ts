/** Gateways whose clock is as wrong as JWT_CLOCK_SKEW_SECONDS allows, one ahead and one behind. */
import { join } from 'node:path';
import type { GeneratedKey } from '@swfx/signing-keys';
import { freePort, startHttpStandIn, type HttpStandIn } from '@swfx/testkit';
import { send } from './testing/raw-http';
import { rotateKeys } from './testing/rotate-keys';
import { bundleGateway, untilReady, type GatewayProcesses } from './testing/spawn-gateway';
import { createTestPlatform, type TestPlatform } from './testing/start-test-gateway';
import { bearer, tokenBy } from './testing/tokens';

const shiftedClock = join(__dirname, '../../../libs/testkit/shifted-clock.cjs');
const user = { email: 'clock@example.com', password: 'correct horse battery staple' };
let platform: TestPlatform;
let upstream: HttpStandIn;
let processes: GatewayProcesses;
let key: GeneratedKey;
/** The public addresses of the gateways. */
let urls: string[];

beforeAll(async () => {
  [platform, upstream, processes] = await Promise.all([
    createTestPlatform(),
    startHttpStandIn(),
    bundleGateway(),
  ]);
  ({ key } = await rotateKeys(platform.database.pool, platform.keyEncryptionKeys));
  await platform.addUser({ ...user, scopes: ['platform:read'] });
  urls = await Promise.all([60, -60].map(start));
}, 60_000);
afterAll(async () => {
  await processes.stop();
  await platform.stop();
  await upstream.stop();
});

async function start(clockOffsetSeconds: number): Promise<string> {
  const [port, operationsPort] = [await freePort(), await freePort()];
  const gateway = processes.spawn({
    NODE_OPTIONS: `--require ${shiftedClock}`,
    CLOCK_OFFSET_SECONDS: String(clockOffsetSeconds),
    ENVIRONMENT: 'test',
    DATABASE_URL: await platform.gatewayDatabaseUrl(),
    REDIS_URL: platform.redis.url,
    KEY_ENCRYPTION_KEYS: platform.keyEncryptionKeys,
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: String(port),
    PROMETHEUS_HOST: '127.0.0.1',
    PROMETHEUS_PORT: String(operationsPort),
    ROUTES: JSON.stringify([
      { prefix: '/api', upstream: upstream.url, scopes: { read: 'platform:read', write: 'platform:write' } },
    ]),
  });
  await untilReady(gateway, operationsPort);
  return `http://127.0.0.1:${port}`;
}
const statusesOf = (token: string) =>
  Promise.all(urls.map(async (url) => (await send(`${url}/api/x`, { headers: bearer(token) })).status));
const secondsFromNow = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

async function login(url: string): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const { body } = await send(`${url}/auth/login`, { method: 'POST', headers, body: JSON.stringify(user) });
  return (JSON.parse(body) as { access_token: string }).access_token;
}

test('know the time wrong', async () => {
  const clocks = await Promise.all(
    urls.map(async (url) => JSON.parse((await send(`${url}/health`)).body) as { timestamp: string }),
  );
  const [ahead = 0, behind = 0] = clocks.map(({ timestamp }) => Date.parse(timestamp) - Date.now());
  expect(ahead).toBeGreaterThan(30_000);
  expect(behind).toBeLessThan(-30_000);
});

test('accept each other’s tokens from the first moment on, through a rotation, and until they end', async () => {
  const tokens = await Promise.all(urls.map(login));
  for (const token of tokens) expect(await statusesOf(token)).toEqual([200, 200]);
  await rotateKeys(platform.database.pool, platform.keyEncryptionKeys);
  for (const token of [...tokens, await login(urls[0] as string), await login(urls[1] as string)])
    expect(await statusesOf(token)).toEqual([200, 200]);
  const old = tokenBy(key, { iat: secondsFromNow(-570), exp: secondsFromNow(30) });
  expect(await statusesOf(old)).toEqual([200, 200]);
});

test('accept none for longer than twice the skew after its end', async () => {
  const over = tokenBy(key, { iat: secondsFromNow(-721), exp: secondsFromNow(-121) });
  expect(await statusesOf(over)).toEqual([401, 401]);
});
