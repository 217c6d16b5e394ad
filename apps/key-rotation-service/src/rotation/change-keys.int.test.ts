import { randomUUID } from 'node:crypto';
import {
  findForgery,
  generateSigningKey,
  probeVerifies,
  readActiveKey,
  readKeySet,
  recordAck,
  trustInRing,
  verificationKeys,
  type KeyState,
} from '@swfx/signing-keys';
import { createTestDatabase, createTestRedis, type TestDatabase, type TestRedis } from '@swfx/testkit';
import { arrangeImport, type ImportedKeys } from '../import/imported-keys';
import { signAgain } from '../testing/sign-again';
import { newRing, startRotator, type TestRotator } from '../testing/start-rotator';
import { requestRotation, type RotationRequest } from './rotation-requests';

const ring = newRing();
let database: TestDatabase;
let databaseUrl: string;
let redis: TestRedis;
let started: TestRotator[];

beforeAll(async () => {
  redis = await createTestRedis();
});
afterAll(() => redis.drop());
beforeEach(async () => {
  started = [];
  await redis.client.flushall();
  database = await createTestDatabase({ migrate: true });
  databaseUrl = await database.urlAs('swfx_rotation');
});
afterEach(async () => {
  await Promise.all(started.map((rotator) => rotator.stop()));
  await database.drop();
});

async function startWithKeys(
  changes: Partial<Parameters<typeof startRotator>[0]> = {},
): Promise<TestRotator> {
  const rotator = startRotator({
    databaseUrl,
    redisUrl: redis.url,
    ring,
    minimumPublishedSeconds: 0,
    ...changes,
  });
  started.push(rotator);
  for (const id of await rotator.due()) await rotator.run(id);
  return rotator;
}
async function query<Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> {
  return (await database.pool.query<Row>(sql, values)).rows;
}
const ask = (request: Partial<RotationRequest> = {}) =>
  requestRotation(database.pool, { cause: 'operator', requestedBy: 'operator:test', ...request });
const requestRow = async (id: string) =>
  (await query<Record<string, unknown>>('SELECT * FROM rotation_request WHERE id = $1', [id]))[0];
async function kids(state: KeyState): Promise<string[]> {
  const rows = await query<{ kid: string }>('SELECT kid FROM signing_key WHERE state = $1', [state]);
  return rows.map(({ kid }) => kid);
}
async function one(state: KeyState): Promise<string> {
  const [kid, ...others] = await kids(state);
  if (!kid || others.length > 0) throw new Error(`there is not one ${state} key`);
  return kid;
}
const audited = async () =>
  (await query<{ action: string }>(`SELECT action FROM audit_event ORDER BY id`)).map(({ action }) => action);

/** What a gateway says of itself. */
async function acknowledge(instance: string, kidsHeld: string[], leaseSeconds = 30): Promise<string> {
  const boot = randomUUID();
  const policy = { tokenTtlSeconds: 600, clockSkewSeconds: 60 };
  await recordAck(database.pool, { boot, instance, epoch: 1, kids: kidsHeld, ...policy }, leaseSeconds);
  return boot;
}

describe('a rotation with verifiers', () => {
  it('waits for one that has not proved the standby, alerts it by name, and goes on once it has', async () => {
    const rotator = await startWithKeys({ verifierWaitSeconds: 1 });
    const standby = await one('pending');
    const boot = await acknowledge('gateway-1', [await one('active')]);
    const id = await ask();
    expect(await rotator.run(id)).toBe('retry');
    expect(await requestRow(id)).toMatchObject({
      state: 'queued',
      attempts: 0,
      result: `gateway-1 has not acknowledged ${standby} yet`,
    });
    expect(await rotator.metric('jwt_rotation_awaited_verifiers')).toBe(1);
    expect(await query(`SELECT 1 FROM alert WHERE status = 'firing'`)).toEqual([]);

    const later = `UPDATE rotation_request SET next_attempt_at = now(), waiting_since = waiting_since - interval '5 s'`;
    await query(later);
    await rotator.run(id);
    const alerts = await query(`SELECT incident, error FROM alert WHERE status = 'firing'`);
    expect(alerts).toEqual([
      {
        incident: 'rotation:verifiers-behind',
        error: expect.stringMatching(/^gateway-1 has not .* after 5 s$/),
      },
    ]);
    await query('UPDATE rotation_request SET next_attempt_at = now()');
    await rotator.run(id);
    expect(await query(`SELECT 1 FROM alert WHERE status = 'firing'`)).toHaveLength(1);

    await query('UPDATE verifier_ack SET kids = kids || $2::text WHERE boot = $1', [boot, standby]);
    await query('UPDATE rotation_request SET next_attempt_at = now()');
    expect(await rotator.run(id)).toBe('success');
    expect(await one('active')).toBe(standby);
    expect(await rotator.metric('jwt_rotation_awaited_verifiers')).toBe(0);
  });

  it('sees a verifier that is cut off from Postgres by its copy in Redis', async () => {
    const rotator = await startWithKeys();
    const copy = { boot: randomUUID(), instance: 'gateway-2', epoch: 0, kids: [] };
    await redis.client.set(`verifier-ack:${copy.boot}`, JSON.stringify(copy), 'PX', 30_000);
    await redis.client.set('verifier-ack:nonsense', '{');
    const id = await ask();
    expect(await rotator.run(id)).toBe('retry');
    expect((await requestRow(id))?.['result']).toMatch(/^gateway-2 has not/);
  });

  it('does not take silence for consent, and may be forced', async () => {
    const rotator = await startWithKeys();
    const standby = await one('pending');
    await acknowledge('gateway-1', [standby], 0);
    const id = await ask();
    expect(await rotator.run(id)).toBe('retry');
    expect(await rotator.run(await ask({ force: true }))).toBe('success');
    expect(await one('active')).toBe(standby);
  });

  it('asks for no second scheduled rotation while one waits', async () => {
    const rotator = await startWithKeys();
    await acknowledge('gateway-1', []);
    const tick = () => query(`UPDATE task_schedule SET next_run_at = now() - interval '1 second'`);
    await tick();
    for (const id of await rotator.due()) await rotator.run(id);
    await tick();
    await rotator.due();
    expect(await query(`SELECT 1 FROM rotation_request WHERE cause = 'scheduled'`)).toHaveLength(1);
  });
});

describe('a set that somebody else wrote', () => {
  it('is not built upon, and not made genuine', async () => {
    const rotator = await startWithKeys();
    const strange = await generateSigningKey('ES256');
    await query(
      `INSERT INTO signing_key (kid, alg, state, public_jwk, published_at, created_by)
       VALUES ($1, 'ES256', 'pending', $2, now(), 'nobody')`,
      [strange.kid, JSON.stringify(strange.jwk)],
    );
    const id = await ask();
    expect(await rotator.run(id)).toBe('failure');
    expect((await requestRow(id))?.['result']).toContain('is not genuine: bad_signature');
    expect((await readKeySet(database.pool)).epoch).toBe(1);
    expect(await query(`SELECT incident FROM alert WHERE status = 'firing'`)).toEqual([
      { incident: 'rotation:failed' },
    ]);
  });
});

describe('a set that no verifier believes', () => {
  const adopt = async (rotator: TestRotator) => {
    const id = await ask({ kind: 'adopt' });
    return { outcome: await rotator.run(id), row: await requestRow(id) };
  };

  it('from before sets were signed is adopted as it is, and rotates from then on', async () => {
    const rotator = await startWithKeys();
    const [active, standby] = [await one('active'), await one('pending')];
    await query('UPDATE key_set SET signer = NULL, signature = NULL');
    await query('UPDATE signing_key SET probe = NULL');
    expect(await rotator.run(await ask())).toBe('failure');

    const { outcome, row } = await adopt(rotator);
    expect(outcome).toBe('success');
    expect(row).toMatchObject({
      state: 'succeeded',
      result: 'the set of epoch 1, which was unsigned, is adopted with 2 keys',
      epoch: '2',
    });
    expect([await one('active'), await one('pending')]).toEqual([active, standby]);
    const keySet = await readKeySet(database.pool);
    expect(findForgery(keySet, trustInRing(rotator.rotator.ring))).toBeUndefined();
    const verifies = verificationKeys(keySet);
    for (const key of keySet.keys)
      expect(probeVerifies(key, (kid) => verifies.get(kid), new Date())).toBe(true);
    expect(await audited()).toContain('jwt_key_set_adopted');
    expect(await rotator.run(await ask())).toBe('success');
    expect(await one('active')).toBe(standby);
  });

  it('with a key that somebody slipped in is adopted without it', async () => {
    const rotator = await startWithKeys();
    const active = await one('active');
    const { kid, jwk } = await generateSigningKey('ES256');
    await query(
      `INSERT INTO signing_key (kid, alg, state, public_jwk, published_at, created_by)
       VALUES ($1, 'ES256', 'pending', $2, now() - interval '1 day', 'nobody')`,
      [kid, JSON.stringify(jwk)],
    );
    const { row } = await adopt(rotator);
    expect(row?.['result']).toContain(`revoked, since no private half of ours opens: ${kid}`);
    expect([await one('active'), await one('revoked')]).toEqual([active, kid]);
  });

  it('since it is older than the one that they have goes beyond that, and is adopted once', async () => {
    const rotator = await startWithKeys();
    const ack = { boot: randomUUID(), instance: 'gateway-1', epoch: 41, kids: [] };
    await recordAck(database.pool, { ...ack, tokenTtlSeconds: 600, clockSkewSeconds: 60 }, 30);
    expect((await adopt(rotator)).row).toMatchObject({ state: 'succeeded', epoch: '42' });
    expect((await readKeySet(database.pool)).epoch).toBe(42);
    expect((await adopt(rotator)).row).toMatchObject({ state: 'noop', epoch: '42' });
  });
});

describe('a revocation', () => {
  const revoke = (kid: string) => ask({ kind: 'revoke', kid });

  it('of the key that signs puts the standby in its place in the same step, whoever is behind', async () => {
    const rotator = await startWithKeys();
    const [active, standby] = [await one('active'), await one('pending')];
    await acknowledge('gateway-1', []);
    expect(await rotator.run(await revoke(active))).toBe('success');
    expect([await one('revoked'), await one('active')]).toEqual([active, standby]);
    expect(await kids('pending')).toHaveLength(1);
    expect(await readActiveKey(database.pool)).toMatchObject({ epoch: 2, kid: standby });
    const halves = await query<{ kid: string }>('SELECT kid FROM signing_key_private');
    expect(halves.map(({ kid }) => kid)).not.toContain(active);
    expect((await audited()).slice(-3)).toEqual(['jwt_key_revoked', 'jwt_key_rotated', 'jwt_key_published']);
  });

  it('makes a new signer where there is no standby, and a new standby where that was revoked', async () => {
    const rotator = await startWithKeys();
    const standby = await one('pending');
    await rotator.run(await revoke(standby));
    expect(await one('pending')).not.toBe(standby);
    await query(`DELETE FROM signing_key_private WHERE kid = $1`, [await one('pending')]);
    await query(`DELETE FROM signing_key WHERE state = 'pending'`);
    await signAgain(database.pool, ring);
    const active = await one('active');
    expect(await rotator.run(await revoke(active))).toBe('success');
    expect(await one('active')).not.toBe(active);
    expect(await kids('pending')).toHaveLength(1);
  });

  it('of a key that is revoked already, or unknown, changes nothing', async () => {
    const rotator = await startWithKeys();
    const id = await revoke('nobody');
    expect(await rotator.run(id)).toBe('success');
    expect(await requestRow(id)).toMatchObject({ state: 'noop', result: 'no key nobody is in the set' });
  });

  it('does not wait for the lock of another rotator', async () => {
    const rotator = await startWithKeys();
    await redis.client.set('lock:jwt-key-rotation', 'somebody', 'PX', 30_000);
    expect(await rotator.run(await revoke(await one('active')))).toBe('success');
  });
});

describe('a rollback', () => {
  it('lets the former key sign again, and its successor retire with its grace', async () => {
    const rotator = await startWithKeys();
    const [first, second] = [await one('active'), await one('pending')];
    await rotator.run(await ask());
    expect(await rotator.run(await ask({ kind: 'rollback' }))).toBe('success');
    expect([await one('active'), await one('retiring')]).toEqual([first, second]);
    expect(await readActiveKey(database.pool)).toMatchObject({ kid: first, epoch: 3 });
    expect((await readKeySet(database.pool)).keys.find(({ kid }) => kid === first)?.leavesAt).toBeNull();
    expect((await audited()).at(-1)).toBe('jwt_key_rolled_back');
    expect(await rotator.run(await ask())).toBe('success');
    expect((await kids('retiring')).sort()).toEqual([first, second].sort());
  });

  it('has nothing to go back to before the first rotation', async () => {
    const rotator = await startWithKeys();
    const id = await ask({ kind: 'rollback' });
    await rotator.run(id);
    expect(await requestRow(id)).toMatchObject({ state: 'noop' });
  });
});

describe('a rewrap', () => {
  it('seals and signs everything with the first key of the ring, so that the others may go', async () => {
    const before = await startWithKeys();
    await before.run(await ask());
    const newer = newRing('newer');
    const both = await startWithKeys({ ring: `${newer},${ring}` });
    expect(await both.run(await ask({ kind: 'rewrap' }))).toBe('success');
    expect(await query('SELECT DISTINCT kek_id FROM signing_key_private')).toEqual([{ kek_id: 'newer' }]);
    const alone = await startWithKeys({ ring: newer });
    expect(await alone.run(await ask())).toBe('success');
  });
});

describe('the first start with keys of the system before', () => {
  async function imported(): Promise<ImportedKeys> {
    const [signs, verifies] = [await generateSigningKey('RS256'), await generateSigningKey('ES256')];
    const keys = [
      { ...signs, kid: 'legacy-1' },
      { ...verifies, kid: 'legacy-0', privateKey: undefined },
    ];
    const arranged = arrangeImport(keys, 'legacy-1');
    if (!arranged || typeof arranged === 'string') throw new Error('the keys do not fit together');
    return arranged;
  }

  it('takes them over under their own kids, and rotates away from them', async () => {
    const rotator = await startWithKeys({ imported: await imported() });
    expect([await one('active'), await one('retiring')]).toEqual(['legacy-1', 'legacy-0']);
    expect(await kids('pending')).toHaveLength(1);
    expect(await readActiveKey(database.pool)).toMatchObject({ kid: 'legacy-1', alg: 'RS256' });
    expect(await rotator.run(await ask())).toBe('success');
    expect((await kids('retiring')).sort()).toEqual(['legacy-0', 'legacy-1']);
  });

  it('happens once: what is offered later is not taken', async () => {
    await startWithKeys();
    const rotator = await startWithKeys({ imported: await imported() });
    await rotator.run(await ask());
    expect(await kids('active')).not.toContain('legacy-1');
  });
});
