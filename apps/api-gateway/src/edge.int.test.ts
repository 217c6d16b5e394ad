/** That a gateway can stand where attackers get to first: an edge serves everything, and holds nothing that can sign. */
import type { IncomingMessage } from 'node:http';
import { loadConfig, parseKeyRing, Secret } from '@swfx/config';
import { createPool, type Pool } from '@swfx/database';
import { createSilentLogger } from '@swfx/logging';
import { keySetSigner, type GeneratedKey } from '@swfx/signing-keys';
import { freePort, startHttpStandIn, waitUntil, type HttpStandIn } from '@swfx/testkit';
import type { Authentication } from './auth/authenticate';
import { authenticateGuarded, createEdgeGuard, excessivePrivileges } from './auth/edge-guard';
import { configSchema, issuerConfig } from './config';
import { findInMemory } from './testing/process-memory';
import { send, type RawAnswer } from './testing/raw-http';
import { rotateKeys } from './testing/rotate-keys';
import { bundleGateway, outcomeOf, untilReady, type GatewayProcesses } from './testing/spawn-gateway';
import { createTestPlatform, type TestGateway, type TestPlatform } from './testing/start-test-gateway';
import { bearer } from './testing/tokens';

const password = 'correct horse battery staple';
let platform: TestPlatform;
let upstream: HttpStandIn;
let key: GeneratedKey;
let edgeUrl: string;
let trust: string;

beforeAll(async () => {
  platform = await createTestPlatform();
  upstream = await startHttpStandIn((request) => ({ body: { headers: request.headers } }));
  ({ key } = await rotateKeys(platform.database.pool, platform.keyEncryptionKeys));
  edgeUrl = await platform.database.urlAs('swfx_edge');
  trust = keySetSigner(parseKeyRing(new Secret(platform.keyEncryptionKeys))).name;
});
afterAll(async () => {
  await platform.stop();
  await upstream.stop();
});

const edgeSettings = (issuerUrl: string) => ({
  GATEWAY_ROLE: 'edge',
  ISSUER_URL: issuerUrl,
  KEY_SET_TRUST: trust,
  KEY_ENCRYPTION_KEYS: '',
  DATABASE_URL: edgeUrl,
});
const post = (url: string, body: object, headers = {}): Promise<RawAnswer> =>
  send(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

describe('the configuration of an edge', () => {
  const valid = () => ({
    DATABASE_URL: 'postgres://localhost/ops',
    REDIS_URL: 'redis://localhost',
    ROUTES: '[]',
    GATEWAY_ROLE: 'edge',
    ISSUER_URL: 'http://issuer:8000',
    KEY_SET_TRUST: trust,
  });

  test('is refused with anything that can sign, and without the way to the issuer', () => {
    const load = (changes: Record<string, string>) => () =>
      loadConfig(configSchema, { ...valid(), ...changes });
    expect(issuerConfig(load({})())).toBeUndefined();
    expect(load({ KEY_ENCRYPTION_KEYS: platform.keyEncryptionKeys })).toThrow(
      /^KEY_ENCRYPTION_KEYS must not be given to an edge/,
    );
    expect(load({ JWT_KEYS: '{}' })).toThrow(/^JWT_KEYS must not be given to an edge/);
    expect(load({ ISSUER_URL: '' })).toThrow('ISSUER_URL is required for an edge gateway');
    expect(load({ KEY_SET_TRUST: '' })).toThrow('KEY_SET_TRUST is required for an edge gateway');
    expect(load({ GATEWAY_ROLE: 'issuer' })).toThrow('KEY_ENCRYPTION_KEYS is required');
    expect(load({ GATEWAY_ROLE: 'issuer' })).toThrow('TRUSTED_PROXIES is required for an issuer');
  });
});

describe('the database role of an edge', () => {
  const poolOf = (url: string): Pool =>
    createPool({ url: new Secret(url), applicationName: 'test', max: 2, onIdleError: () => undefined });
  let ofEdge: Pool;
  let ofIssuer: Pool;
  beforeAll(async () => {
    ofEdge = poolOf(edgeUrl);
    ofIssuer = poolOf(await platform.gatewayDatabaseUrl());
  });
  afterAll(() => Promise.all([ofEdge.end(), ofIssuer.end()]));

  test.each(['signing_key_private', 'app_user', 'refresh_token', 'refresh_family'])(
    'reads nothing of %s',
    async (table) => {
      await expect(ofEdge.query(`SELECT * FROM ${table}`)).rejects.toThrow(
        `permission denied for table ${table}`,
      );
    },
  );

  test('has no right that the guard looks for, and the role that makes tokens has', async () => {
    expect(await excessivePrivileges(ofEdge)).toEqual([]);
    expect(await excessivePrivileges(ofIssuer)).toEqual(
      expect.arrayContaining([
        'SELECT on signing_key_private',
        'SELECT on app_user',
        'INSERT on refresh_token',
        'membership in swfx_gateway',
      ]),
    );
  });

  test('is looked at again: rights that it is given later end its service, and taken away, let it go on', async () => {
    const owner = platform.database.pool;
    const accepted: Authentication = { outcome: 'accepted', caller: { subject: 'user:1', scopes: [] } };
    const guard = createEdgeGuard({ db: ofEdge, logger: createSilentLogger() });
    const through = authenticateGuarded(guard, () => Promise.resolve(accepted));
    const outcome = async () => (await through({} as IncomingMessage, 'platform:read')).outcome;
    await guard.first();
    expect([guard.rights(), await outcome()]).toEqual(['harmless', 'accepted']);
    await owner.query('GRANT SELECT (kid, sealed) ON signing_key_private TO swfx_edge');
    await guard.look();
    expect([guard.rights(), await outcome()]).toEqual(['excessive', 'refused']);
    await owner.query('REVOKE SELECT (kid, sealed) ON signing_key_private FROM swfx_edge');
    await guard.look();
    expect([guard.rights(), await outcome()]).toEqual(['harmless', 'accepted']);
    guard.stop();
  });
});

describe('an edge before an issuer', () => {
  let issuer: TestGateway;
  let edge: TestGateway;
  beforeAll(async () => {
    const role = { GATEWAY_ROLE: 'issuer', TRUSTED_PROXIES: '127.0.0.1' };
    issuer = await platform.start(upstream.url, role);
    edge = await platform.start(upstream.url, { ...edgeSettings(issuer.url), TRUSTED_PROXIES: '127.0.0.1' });
    for (const { operationsUrl } of [issuer, edge])
      await waitUntil(async () => (await fetch(`${operationsUrl}/readyz`)).ok);
  });

  test('serves a session from login to logout', async () => {
    const id = await platform.addUser({
      email: 'edge@example.com',
      password,
      scopes: ['platform:read', 'admin:users'],
    });
    const login = await post(`${edge.url}/auth/login`, { email: 'edge@example.com', password });
    expect(login.status).toBe(200);
    const tokens = JSON.parse(login.body) as { access_token: string; refresh_token: string };
    expect((await send(`${edge.url}/api/x`, { headers: bearer(tokens.access_token) })).status).toBe(200);

    const refreshed = await post(`${edge.url}/auth/refresh`, { refresh_token: tokens.refresh_token });
    const next = JSON.parse(refreshed.body) as typeof tokens;
    const me = await send(`${edge.url}/auth/me`, { headers: bearer(next.access_token) });
    expect(JSON.parse(me.body)).toMatchObject({ subject: `user:${id}` });
    expect((await send(`${edge.url}/admin/users`, { headers: bearer(next.access_token) })).status).toBe(200);
    expect((await send(`${edge.url}/admin/users`)).headers['www-authenticate']).toMatch(/^Bearer/);

    expect((await post(`${edge.url}/auth/logout`, { refresh_token: next.refresh_token })).status).toBe(204);
    await waitUntil(
      async () => (await send(`${edge.url}/api/x`, { headers: bearer(next.access_token) })).status === 401,
    );
  });

  test('answers with headers of one server, not of two', async () => {
    const answer = await post(`${edge.url}/auth/login`, { email: 'nobody@example.com', password });
    expect(answer.status).toBe(401);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['x-request-id']).not.toContain(',');
  });

  test('the issuer behind it lets nobody through to the platform', async () => {
    expect((await send(`${issuer.url}/api/x`)).status).toBe(404);
  });

  test('publishes keys and its own description itself', async () => {
    const jwks = JSON.parse((await send(`${edge.url}/.well-known/jwks.json`)).body) as { keys: object[] };
    expect(jwks.keys).toEqual([expect.objectContaining({ kid: key.kid })]);
    expect(JSON.stringify(jwks)).not.toContain('"d"');
    expect((await send(`${edge.url}/openapi.json`)).status).toBe(200);
  });

  test('tells the issuer who is locked out, whatever the client claims to be', async () => {
    const answers = [];
    for (let at = 0; at < 7; at += 1)
      answers.push(
        (
          await post(
            `${edge.url}/auth/login`,
            { email: `spread${at}@example.com`, password },
            { 'x-forwarded-for': `203.0.113.${at}, 192.0.2.77` },
          )
        ).status,
      );
    expect(answers).toEqual(Array(7).fill(401));
    const keys = await platform.redis.client.keys('swfx:throttle:address:*');
    expect(keys).toContain('swfx:throttle:address:192.0.2.77');
    expect(keys.join()).not.toContain('203.0.113');
  });

  test('says that it is not possible at the moment while the issuer is away', async () => {
    const lonely = await platform.start(upstream.url, edgeSettings('http://127.0.0.1:1'));
    const answer = await post(`${lonely.url}/auth/login`, { email: 'a@example.com', password });
    expect(answer.status).toBe(502);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'upstream_unavailable' });
    expect(answer.body).not.toContain('127.0.0.1');
  });
});

describe('an edge as a process', () => {
  let processes: GatewayProcesses;
  beforeAll(async () => {
    processes = await bundleGateway();
  }, 60_000);
  afterAll(() => processes.stop());

  const environment = async (settings: Record<string, string>) => ({
    ENVIRONMENT: 'test',
    REDIS_URL: platform.redis.url,
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: String(await freePort()),
    PROMETHEUS_HOST: '127.0.0.1',
    PROMETHEUS_PORT: String(await freePort()),
    ROUTES: JSON.stringify([
      { prefix: '/api', upstream: upstream.url, scopes: { read: 'platform:read', write: 'platform:write' } },
    ]),
    ...settings,
  });

  test('does not start with a ring of keys, nor with a database role that reads private keys', async () => {
    const withRing = await environment({
      ...edgeSettings('http://127.0.0.1:1'),
      KEY_ENCRYPTION_KEYS: platform.keyEncryptionKeys,
    });
    const refused = await outcomeOf(processes.spawn(withRing));
    expect(refused.code).not.toBe(0);
    expect(refused.output).toContain('KEY_ENCRYPTION_KEYS must not be given to an edge gateway');
    expect(refused.output).not.toContain(platform.keyEncryptionKeys);

    const withRole = await environment({
      ...edgeSettings('http://127.0.0.1:1'),
      DATABASE_URL: await platform.gatewayDatabaseUrl(),
    });
    const tooMany = await outcomeOf(processes.spawn(withRole));
    expect(tooMany.code).not.toBe(0);
    expect(tooMany.output).toContain('SELECT on signing_key_private');
  });

  // Other systems have no /proc by which one process reads the memory of another.
  const onLinux = process.platform === 'linux' ? test : test.skip;
  onLinux(
    'has in its memory no key that seals, no private key, sealed or not, and no password’s hash',
    async () => {
      const { email, needles } = await userAndSecrets();
      const issuerEnvironment = await environment({
        GATEWAY_ROLE: 'issuer',
        TRUSTED_PROXIES: '127.0.0.1',
        DATABASE_URL: await platform.gatewayDatabaseUrl(),
        KEY_ENCRYPTION_KEYS: platform.keyEncryptionKeys,
      });
      const issuer = processes.spawn(issuerEnvironment);
      await untilReady(issuer, Number(issuerEnvironment.PROMETHEUS_PORT));
      const edgeEnvironment = await environment(
        edgeSettings(`http://127.0.0.1:${issuerEnvironment.HTTP_PORT}`),
      );
      const edge = processes.spawn(edgeEnvironment);
      await untilReady(edge, Number(edgeEnvironment.PROMETHEUS_PORT));

      const url = `http://127.0.0.1:${edgeEnvironment.HTTP_PORT}`;
      const login = await post(`${url}/auth/login`, { email, password });
      const { access_token: token } = JSON.parse(login.body) as { access_token: string };
      expect((await send(`${url}/api/x`, { headers: bearer(token) })).status).toBe(200);

      expect(findInMemory(issuer.pid as number, needles)).toEqual(
        expect.arrayContaining(['key encryption key', 'password hash']),
      );
      // It is read as it is: what everyone may know is found there.
      expect(findInMemory(edge.pid as number, { ...needles, kid: Buffer.from(key.kid) })).toEqual(['kid']);
    },
  );

  async function userAndSecrets(): Promise<{ email: string; needles: Record<string, Buffer> }> {
    const email = 'memory@example.com';
    await platform.addUser({ email, password, scopes: ['platform:read'] });
    const { pool } = platform.database;
    const hash = await pool.query<{ hash: string }>(
      'SELECT password_hash AS hash FROM app_user WHERE email = $1',
      [email],
    );
    const sealed = await pool.query<{ sealed: Buffer }>(
      'SELECT sealed FROM signing_key_private WHERE kid = $1',
      [key.kid],
    );
    const encodedKek = platform.keyEncryptionKeys.split(':')[1] as string;
    const needles = {
      'key encryption key': Buffer.from(encodedKek, 'base64'),
      'key encryption key, encoded': Buffer.from(encodedKek),
      'private key': Buffer.from(key.privateKey.export({ format: 'jwk' }).d as string, 'base64url'),
      'sealed private key': sealed.rows[0]?.sealed as Buffer,
      'password hash': Buffer.from(hash.rows[0]?.hash.slice(-43) as string),
    };
    return { email, needles };
  }
});
