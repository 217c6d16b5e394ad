import { randomBytes } from 'node:crypto';
import { Secret } from '@swfx/config';
import { createPool, migrate, type Pool } from '@swfx/database';
import { createSilentLogger } from '@swfx/logging';
import { closeRedis, connectRedis, createFacts, facts, type Facts } from '@swfx/messaging';
import { createMetrics } from '@swfx/metrics';
import { serviceMetrics } from '@swfx/service';
import {
  announceKeySet,
  generateSigningKey,
  parseKeyRing,
  readAckCopies,
  readKeySet,
  trustInRing,
  updateKeySet,
  type GeneratedKey,
} from '@swfx/signing-keys';
import {
  startHttpStandIn,
  startTestPostgres,
  startTestRedis,
  waitUntil,
  type HttpStandIn,
} from '@swfx/testkit';
import { Registry } from 'prom-client';
import { send } from '../testing/raw-http';
import { rotateKeys } from '../testing/rotate-keys';
import { startTestGateway, type TestGateway } from '../testing/start-test-gateway';
import { bearer, tokenBy } from '../testing/tokens';
import { keyMirrorMetrics, startKeyMirror } from './key-mirror';

const environment = { service: 'test', version: '0', environment: 'test' };
const keyEncryptionKeys = `test:${randomBytes(32).toString('base64')}`;
let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
let redis: Awaited<ReturnType<typeof startTestRedis>>;
let upstream: HttpStandIn;
let pool: Pool;
let rotator: Facts;
let gateway: TestGateway;
let key: GeneratedKey;

/** Each test has a gateway of its own; the poll is as slow as it may be unless the test is about the poll. */
async function start(pollSeconds = 300): Promise<void> {
  gateway = await startTestGateway({
    databaseUrl: postgres.url(),
    redisUrl: redis.url,
    upstream: upstream.url,
    keyEncryptionKeys,
    settings: { KEY_SET_POLL_SECONDS: String(pollSeconds) },
  });
}
const isReady = async () => (await fetch(`${gateway.operationsUrl}/readyz`)).ok;
const callWith = (signer: GeneratedKey) => send(`${gateway.url}/api/x`, { headers: bearer(tokenBy(signer)) });
async function epoch(): Promise<number> {
  const scrape = await (await fetch(`${gateway.operationsUrl}/metrics`)).text();
  return Number(/^jwt_key_set_epoch (\d+)$/m.exec(scrape)?.[1]);
}
async function rotate(): Promise<number> {
  const rotation = await rotateKeys(pool, keyEncryptionKeys);
  key = rotation.key;
  return rotation.epoch;
}

beforeAll(async () => {
  postgres = await startTestPostgres();
  redis = await startTestRedis();
  upstream = await startHttpStandIn();
  await migrate({ databaseUrl: postgres.url() });
  const onIdleError = () => undefined;
  pool = createPool({ url: new Secret(postgres.url()), applicationName: 'test', max: 4, onIdleError });
  rotator = createFacts({
    redisUrl: new Secret(redis.url),
    name: 'test',
    logger: createSilentLogger(),
    metrics: createMetrics({ ...environment, names: serviceMetrics, registry: new Registry() }),
  });
  await rotate();
});
afterEach(() => gateway.stop());
afterAll(async () => {
  await rotator.stop();
  await pool.end();
  await upstream.stop();
  await redis.drop();
  await postgres.drop();
});

test('learns of a new key set by a fact, long before its poll', async () => {
  await start();
  await waitUntil(isReady);
  const next = await rotate();
  await waitUntil(async () => {
    await rotator.publish(facts.keySetChanged, { epoch: next });
    return (await epoch()) === next;
  });
});

test('takes an announced set as it is, without asking for it', async () => {
  await start();
  await waitUntil(isReady);
  const next = await rotate();
  const set = announceKeySet(await readKeySet(pool));
  await postgres.pause();
  await waitUntil(async () => {
    await rotator.publish(facts.keySetChanged, { epoch: next, set });
    return (await epoch()) === next;
  });
  expect((await callWith(key)).status).toBe(200);
  await postgres.resume();
});

test('asks for the truth when what is announced is not genuine, or nothing new', async () => {
  const old = announceKeySet(await readKeySet(pool));
  const next = await rotate();
  await start();
  await waitUntil(isReady);
  const forged = await generateSigningKey('ES256');
  const set = announceKeySet(await readKeySet(pool));
  const { kid, jwk } = forged;
  const keys = [...(set?.keys ?? []), ...(set?.keys ?? []).map((each) => ({ ...each, kid, jwk }))];
  await rotator.publish(facts.keySetChanged, { epoch: next + 1, set: { ...set, epoch: next + 1, keys } });
  await rotator.publish(facts.keySetChanged, { epoch: next + 1, set: old });
  expect((await callWith(forged)).status).toBe(401);
  expect((await callWith(key)).status).toBe(200);
  expect(await epoch()).toBe(next);
});

test('a read that a newer announcement overtakes is no step back', async () => {
  const refused = jest.fn();
  let open!: () => void;
  const gate = new Promise<void>((resolve) => (open = resolve));
  let reads = 0;
  let hear!: (data: { epoch: number; set: unknown }) => void;
  const slowly = async (sql: string) => {
    const result = await pool.query(sql);
    reads += 1;
    if (reads > 1) await gate;
    return result;
  };
  const mirror = startKeyMirror({
    db: { query: slowly } as unknown as Pool,
    facts: { subscribe: (_fact, listener) => (hear = listener as never), onReconnect: () => undefined },
    metrics: createMetrics({ ...environment, names: keyMirrorMetrics, registry: new Registry() }),
    logger: createSilentLogger(),
    pollSeconds: 300,
    tokenLifeSeconds: 600,
    trust: trustInRing(parseKeyRing(new Secret(keyEncryptionKeys))),
    refusals: { refused, believed: () => undefined },
  });
  await waitUntil(() => mirror.keySet());
  const read = mirror.freshRead();
  await waitUntil(() => reads === 2);
  const next = await rotate();
  hear({ epoch: next, set: announceKeySet(await readKeySet(pool)) });
  open();
  expect(await read).toBe(true);
  expect(mirror.keySet()?.epoch).toBe(next);
  expect(refused).not.toHaveBeenCalled();
  mirror.stop();
});

test('learns of a new key set by its poll while Redis is gone', async () => {
  await start(1);
  await waitUntil(isReady);
  await redis.stop();
  const next = await rotate();
  await waitUntil(async () => (await epoch()) === next);
  expect((await callWith(key)).status).toBe(200);
  expect(await isReady()).toBe(true);
  await redis.start();
});

test('reads again when Redis is back: what was said meanwhile was not heard', async () => {
  await start();
  await waitUntil(isReady);
  await redis.stop();
  const next = await rotate();
  await redis.start();
  await waitUntil(async () => (await epoch()) === next);
});

test('accepts a token of a key that it has not heard of yet, after one read', async () => {
  await start();
  await waitUntil(isReady);
  const old = key;
  await rotate();
  expect((await callWith(key)).status).toBe(200);
  expect((await callWith(old)).status).toBe(200);
});

test('while Postgres is down, known keys verify, and an unknown one is "try again", never "invalid"', async () => {
  await start();
  await waitUntil(isReady);
  await postgres.kill();
  expect((await callWith(key)).status).toBe(200);
  const stranger = await generateSigningKey('ES256');
  const answer = await callWith(stranger);
  expect(answer.status).toBe(503);
  expect(answer.headers['retry-after']).toBe('5');
  expect(answer.headers['www-authenticate']).toBeUndefined();
  expect(JSON.parse(answer.body)).toMatchObject({ code: 'keys_unavailable' });
  expect(await isReady()).toBe(true);

  const login = await send(`${gateway.url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'a@example.com', password: 'x' }),
  });
  expect(login.status).toBe(503);
  expect(JSON.parse(login.body)).toMatchObject({ code: 'database_unavailable' });
  expect((await send(`${gateway.url}/.well-known/jwks.json`)).status).toBe(200);

  await postgres.start();
  await waitUntil(async () => (await callWith(stranger)).status === 401);
});

test('a Postgres that hangs is one that is down', async () => {
  await start();
  await waitUntil(isReady);
  await postgres.pause();
  expect((await callWith(key)).status).toBe(200);
  expect((await callWith(await generateSigningKey('ES256'))).status).toBe(503);
  await postgres.resume();
});

test('starts with Postgres and Redis down, says so, and works once they are there', async () => {
  await postgres.stop();
  await redis.stop();
  await start(1);
  const before = await fetch(`${gateway.operationsUrl}/readyz`);
  expect(before.status).toBe(503);
  expect(await before.json()).toEqual({ ready: false, reason: 'no key set has been read yet' });
  expect((await callWith(key)).status).toBe(503);
  expect((await send(`${gateway.url}/.well-known/jwks.json`)).status).toBe(503);
  await postgres.start();
  await redis.start();
  await waitUntil(isReady);
  expect((await callWith(key)).status).toBe(200);
});

test('an older state of Postgres is not believed, and refuses nobody', async () => {
  await start(1);
  await waitUntil(isReady);
  const known = await epoch();
  await pool.query('UPDATE key_set SET epoch = 1');
  const stranger = await generateSigningKey('ES256');
  expect((await callWith(stranger)).status).toBe(503);
  expect((await callWith(key)).status).toBe(200);
  expect(await epoch()).toBe(known);
  await pool.query('UPDATE key_set SET epoch = $1', [known]);
  await waitUntil(async () => (await callWith(stranger)).status === 401);
});

test('a set that a Postgres made anew, which had lost the last one, is another set though its epoch is the same', async () => {
  const tables = ['key_set', 'signing_key', 'signing_key_private'];
  for (const table of tables) await pool.query(`CREATE TABLE kept_${table} AS TABLE ${table}`);
  const lostEpoch = await rotate();
  const lost = key;
  await start(1);
  await waitUntil(isReady);
  await waitUntil(async () => (await callWith(lost)).status === 200);
  for (const table of [...tables].reverse()) await pool.query(`DELETE FROM ${table}`);
  for (const table of tables)
    await pool.query(`INSERT INTO ${table} SELECT * FROM kept_${table}; DROP TABLE kept_${table}`);

  expect(await rotate()).toBe(lostEpoch);
  // Both were handed out by a signer of ours, and neither has expired.
  expect((await callWith(key)).status).toBe(200);
  expect((await callWith(lost)).status).toBe(200);
  await waitUntil(async () => {
    const { rows } = await pool.query<{ kids: string[] }>('SELECT kids FROM verifier_ack');
    return rows.some(({ kids }) => kids.includes(key.kid));
  });
});

test('a revoked key is refused as soon as the gateway has heard of it', async () => {
  await rotate();
  const revoked = key;
  await rotate();
  await start();
  await waitUntil(isReady);
  expect((await callWith(revoked)).status).toBe(200);
  const set = await readKeySet(pool);
  const client = await pool.connect();
  const change = { at: set.readAt, transitions: [{ kid: revoked.kid, to: 'revoked' as const }], publish: [] };
  await updateKeySet(client, parseKeyRing(new Secret(keyEncryptionKeys)), { seen: set, change });
  client.release();
  await waitUntil(async () => {
    await rotator.publish(facts.keySetChanged, { epoch: set.epoch + 1 });
    return (await callWith(revoked)).status === 401;
  });
  expect((await callWith(key)).status).toBe(200);
});

test('a key that somebody wrote into the database verifies nothing, and the last good set stays', async () => {
  await start(1);
  await waitUntil(isReady);
  const forged = await generateSigningKey('ES256');
  await pool.query(
    `INSERT INTO signing_key (kid, alg, state, public_jwk, published_at, created_by)
     VALUES ($1, 'ES256', 'pending', $2, now(), 'nobody')`,
    [forged.kid, JSON.stringify(forged.jwk)],
  );
  expect((await callWith(forged)).status).toBe(503);
  expect((await callWith(key)).status).toBe(200);
  const sql = `SELECT record FROM audit_event WHERE action = 'jwt_key_set_refused' AND record LIKE '%"epoch":' || $1 || ',%'`;
  const refusals = async () => (await pool.query<{ record: string }>(sql, [await epoch()])).rows;
  await waitUntil(async () => (await refusals()).length > 0);
  expect(JSON.parse((await refusals())[0]?.record ?? '')).toMatchObject({
    reason: 'bad_signature',
    outcome: 'denied',
  });
  const alerts = async (status: string) =>
    (
      await pool.query(
        `SELECT DISTINCT severity, kind FROM alert WHERE incident = 'key-set:refused' AND status = $1`,
        [status],
      )
    ).rows;
  expect(await alerts('firing')).toEqual([{ severity: 'critical', kind: 'key_set_refused' }]);
  await pool.query('DELETE FROM signing_key WHERE kid = $1', [forged.kid]);
  await waitUntil(async () => (await callWith(forged)).status === 401);
  await waitUntil(async () => (await alerts('resolved')).length > 0);
  expect(await refusals()).toHaveLength(1);
});

test('acknowledges each key whose probe it verifies, in Postgres and in Redis, and takes it back when it stops', async () => {
  await start();
  await waitUntil(isReady);
  const client = connectRedis({
    url: new Secret(redis.url),
    name: 'test',
    role: 'command',
    logger: createSilentLogger(),
  });
  const acks = async () =>
    (
      await pool.query<{ boot: string; kids: string[]; epoch: string }>(
        'SELECT boot, kids, epoch FROM verifier_ack WHERE lease_until > now()',
      )
    ).rows;
  const next = await rotate();
  // A gateway of another test, which ended while Postgres was away, may have left its own until its lease is over.
  const { boot: mine } = await waitUntil(async () => {
    await rotator.publish(facts.keySetChanged, { epoch: next });
    return (await acks()).find(({ kids, epoch }) => Number(epoch) === next && kids.includes(key.kid));
  });
  const copies = async () => (await readAckCopies(client)).filter(({ boot }) => boot === mine);
  await waitUntil(async () => (await copies()).some(({ kids }) => kids.includes(key.kid)));
  await gateway.stop();
  expect((await acks()).filter(({ boot }) => boot === mine)).toEqual([]);
  expect(await copies()).toEqual([]);
  await closeRedis(client);
});
