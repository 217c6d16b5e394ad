import { once } from 'node:events';
import { connect } from 'node:net';
import type { ServerResponse } from 'node:http';
import { waitUntil } from '@swfx/testkit';
import { send } from './testing/raw-http';
import { rotateKeys } from './testing/rotate-keys';
import { startScriptedUpstream, type ScriptedUpstream } from './testing/start-scripted-upstream';
import { createTestPlatform, type TestGateway, type TestPlatform } from './testing/start-test-gateway';
import { bearer, tokenBy } from './testing/tokens';

let platform: TestPlatform;
let upstream: ScriptedUpstream;
beforeAll(async () => {
  platform = await createTestPlatform();
  upstream = await startScriptedUpstream();
});
afterAll(async () => {
  await platform.stop();
  await upstream.stop();
});
const isReady = async (gateway: TestGateway) => (await fetch(`${gateway.operationsUrl}/readyz`)).ok;

test('is not ready before there is a key, and makes no token then', async () => {
  const gateway = await platform.start(upstream.url, { KEY_SET_POLL_SECONDS: '1' });
  await platform.addUser({ email: 'a@example.com', password: 'secret', scopes: [] });
  expect(await isReady(gateway)).toBe(false);
  const login = await send(`${gateway.url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"email":"a@example.com","password":"secret"}',
  });
  expect(login.status).toBe(503);
  expect(JSON.parse(login.body)).toMatchObject({ code: 'keys_unavailable' });
  await rotateKeys(platform.database.pool, platform.keyEncryptionKeys);
  await waitUntil(() => isReady(gateway));
  await gateway.gateway.stop();
});

test('the admin API of backups is reached through it, with the caller’s own token, and nothing else of it', async () => {
  const backups = await startScriptedUpstream();
  const gateway = await platform.start(upstream.url, { BACKUP_ADMIN_URL: backups.url });
  backups.answer((request, response) => response.end(`${request.url} ${request.headers.authorization}`));
  const headers = { authorization: 'Bearer mine' };
  const ask = async (path: string) => (await send(`${gateway.url}${path}`, { headers })).body;
  expect(await ask('/admin/backups?limit=1')).toBe('/admin/backups?limit=1 Bearer mine');
  expect(await ask('/admin/restores/1/progress')).toBe('/admin/restores/1/progress Bearer mine');
  for (const path of ['/admin/users', '/admin/backupsx', '/openapi.json'])
    expect(await ask(path)).not.toContain('Bearer mine');
  await gateway.stop();
  await backups.stop();
});

test('a request in flight is answered before the gateway stops, and no new one is taken', async () => {
  const { key } = await rotateKeys(platform.database.pool, platform.keyEncryptionKeys);
  const gateway = await platform.start(upstream.url);
  await waitUntil(() => isReady(gateway));
  let serving: ServerResponse | undefined;
  upstream.answer((_request, response) => void (serving = response));
  const inFlight = send(`${gateway.url}/api/x`, { headers: bearer(tokenBy(key)) });
  await waitUntil(() => serving);
  const stopped = gateway.gateway.stop();
  await waitUntil(() => refusesConnections(gateway.port));
  serving?.end('done');
  expect(await inFlight).toMatchObject({ status: 200, body: 'done' });
  await stopped;
});

test('a private key that does not open makes a login fail without a word about why', async () => {
  const stranger = await platform.start(upstream.url, {
    KEY_ENCRYPTION_KEYS: `test:${Buffer.alloc(32, 1).toString('base64')}`,
  });
  await platform.addUser({ email: 'b@example.com', password: 'secret', scopes: [] });
  const login = await send(`${stranger.url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"email":"b@example.com","password":"secret"}',
  });
  expect(login.status).toBe(503);
  expect(login.body).toContain('no token can be signed at the moment');
  expect(login.body).not.toMatch(/seal|encrypt|kid/);
  const { rows } = await platform.database.pool.query(
    `SELECT 1 FROM audit_event WHERE action = 'user_login_success'`,
  );
  expect(rows).toEqual([]);
  // Nothing of the attempt is left: a refresh token that nobody was told would be a session that nobody can end.
  const sessions = await platform.database.pool.query('SELECT 1 FROM refresh_family');
  expect(sessions.rows).toEqual([]);
});

test('more logins at once than it can check are told when to come again', async () => {
  await rotateKeys(platform.database.pool, platform.keyEncryptionKeys);
  const gateway = await platform.start(upstream.url, { LOGIN_ADDRESS_FREE_FAILURES: '1000' });
  const answers = await Promise.all(
    Array.from({ length: 120 }, (_, at) =>
      send(`${gateway.url}/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: `{"email":"nobody${at}@example.com","password":"guess"}`,
      }),
    ),
  );
  const refused = answers.filter(({ status }) => status === 503);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401, 503]));
  expect(refused[0]?.headers['retry-after']).toBe('1');
  expect(JSON.parse(refused[0]?.body ?? '')).toMatchObject({ code: 'overloaded' });
});

async function refusesConnections(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const refused = await once(socket, 'connect').then(
    () => false,
    () => true,
  );
  socket.destroy();
  return refused;
}
