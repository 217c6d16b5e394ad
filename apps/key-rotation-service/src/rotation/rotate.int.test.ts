import { randomUUID } from 'node:crypto';
import type { AuditTrail } from '@swfx/audit';
import type { PoolClient } from '@swfx/database';
import { facts, parseFact, tryLock } from '@swfx/messaging';
import {
  findForgery,
  readActiveKey,
  readAnnouncedKeySet,
  readKeySet,
  trustInRing,
  type KeySet,
  type KeyState,
  type StoredKeySet,
} from '@swfx/signing-keys';
import {
  createTestDatabase,
  createTestRedis,
  waitUntil,
  type TestDatabase,
  type TestRedis,
} from '@swfx/testkit';
import { signAgain } from '../testing/sign-again';
import { newRing, startRotator, type TestRotator } from '../testing/start-rotator';
import { rotate } from './rotate';
import { claimRequest, requestRotation, type ClaimedRequest } from './rotation-requests';

const ring = newRing();
/** Nothing listens there. */
const noRedis = 'redis://127.0.0.1:1';
let database: TestDatabase;
/** As the service connects: with no more than its role may do. */
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

async function replica(changes: Partial<Parameters<typeof startRotator>[0]> = {}): Promise<TestRotator> {
  const options = { databaseUrl, redisUrl: redis.url, ring, minimumPublishedSeconds: 0, ...changes };
  const rotator = startRotator(options);
  started.push(rotator);
  if (options.redisUrl !== noRedis)
    await waitUntil(() => rotator.foundation.redis.status === 'ready', { describe: 'Redis is connected' });
  return rotator;
}

/** A replica that has made the first key and its standby, and has nothing else to do. */
async function replicaWithKeys(
  changes: Partial<Parameters<typeof startRotator>[0]> = {},
): Promise<TestRotator> {
  const rotator = await replica(changes);
  for (const id of await rotator.due()) await rotator.run(id);
  return rotator;
}

async function query<Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> {
  return (await database.pool.query<Row>(sql, values)).rows;
}
const ask = (simulateFailure = false) =>
  requestRotation(database.pool, { cause: 'operator', requestedBy: 'operator:test', simulateFailure });
const requestRow = async (id: string) =>
  (await query<Record<string, unknown>>('SELECT * FROM rotation_request WHERE id = $1', [id]))[0];
const auditOf = (action: string) =>
  query<{ record: string }>('SELECT record FROM audit_event WHERE action = $1 ORDER BY id', [action]).then(
    (rows) => rows.map(({ record }) => JSON.parse(record) as Record<string, unknown>),
  );
const ripen = () =>
  query(`UPDATE signing_key SET published_at = published_at - interval '10 minutes' WHERE state = 'pending'`);

const byKid = ({ keys }: KeySet) => new Map(keys.map((key) => [key.kid, key]));

async function kidsByState(): Promise<Record<string, string[]>> {
  const rows = await query<{ state: KeyState; kids: string[] }>(
    'SELECT state, array_agg(kid ORDER BY published_at, kid) AS kids FROM signing_key GROUP BY state',
  );
  return Object.fromEntries(rows.map(({ state, kids }) => [state, kids]));
}

describe('the first start', () => {
  it('makes an active key and a standby in one step, and tells everyone', async () => {
    const listener = redis.client.duplicate();
    const heard: string[] = [];
    listener.on('message', (_topic, message) => heard.push(message));
    await listener.subscribe(facts.keySetChanged.topic);
    const rotator = await replica();

    const [id] = await rotator.due();
    expect(await rotator.run(id as string)).toBe('success');

    const { active, pending } = await kidsByState();
    expect([active?.length, pending?.length]).toEqual([1, 1]);
    expect(await requestRow(id as string)).toMatchObject({
      cause: 'first_start',
      state: 'succeeded',
      epoch: '1',
      result: 'there has never been a key',
    });
    expect(await auditOf('jwt_key_rotated')).toMatchObject([
      {
        kid: active?.[0],
        previous_kid: null,
        epoch: 1,
        operation: { action: 'jwt_key_rotation', id },
        actor: 'service:key-rotation-service',
      },
    ]);
    expect(await auditOf('jwt_key_published')).toMatchObject([{ kid: pending?.[0], epoch: 1 }]);
    expect(await rotator.metric('jwt_key_rotation_total', { operation: 'succeeded' })).toBe(1);
    expect(await rotator.metric('jwt_key_rotations_total')).toBe(1);
    await waitUntil(() => heard.length > 0, { describe: 'the fact is heard' });
    const fact = parseFact(facts.keySetChanged, heard[0] as string);
    expect(fact).toMatchObject({ ok: true, data: { epoch: 1 } });
    const announced = readAnnouncedKeySet(fact.ok && fact.data.set, new Date()) as StoredKeySet;
    expect(byKid(announced)).toEqual(byKid(await readKeySet(database.pool)));
    expect(findForgery(announced, trustInRing(rotator.rotator.ring))).toBeUndefined();
    expect(await rotator.due()).toEqual([]);
    listener.disconnect();
  });

  it('happens once, however many replicas look at the same time', async () => {
    const replicas = [await replica(), await replica({ redisUrl: noRedis })];
    await Promise.all(
      replicas.map(async (rotator) => {
        for (const id of await rotator.due()) await rotator.run(id);
      }),
    );
    expect(await readKeySet(database.pool)).toMatchObject({ epoch: 1 });
    expect(await query('SELECT 1 FROM rotation_request')).toHaveLength(1);
  });

  it('is refused where there were keys before', async () => {
    const rotator = await replicaWithKeys();
    await query('DELETE FROM signing_key_private');
    await query('DELETE FROM signing_key');
    await signAgain(database.pool, ring);
    const id = await ask();
    expect(await rotator.run(id)).toBe('failure');
    expect(await requestRow(id)).toMatchObject({
      state: 'failed',
      result: 'the key set is at epoch 1 and has no active key',
    });
    expect(await auditOf('jwt_key_rotation_failed')).toMatchObject([{ reason: 'empty_set' }]);
    expect(await readKeySet(database.pool)).toMatchObject({ epoch: 1, keys: [] });
  });
});

describe('a rotation', () => {
  it('promotes the standby, publishes the next, and keeps what a rollback needs of the key that retires', async () => {
    const rotator = await replicaWithKeys();
    const before = await kidsByState();
    expect(await rotator.run(await ask())).toBe('success');

    const after = await kidsByState();
    expect(after['active']).toEqual(before['pending']);
    expect(after['retiring']).toEqual(before['active']);
    expect(after['pending']).toHaveLength(1);
    const sealed = await query<{ kid: string }>('SELECT kid FROM signing_key_private ORDER BY kid');
    expect(sealed.map(({ kid }) => kid)).toEqual(
      [...(after['active'] ?? []), ...(after['pending'] ?? []), ...(after['retiring'] ?? [])].sort(),
    );
    expect(await readActiveKey(database.pool)).toMatchObject({ epoch: 2, kid: after['active']?.[0] });
    expect((await auditOf('jwt_key_rotated'))[1]).toMatchObject({
      kid: before['pending']?.[0],
      previous_kid: before['active']?.[0],
      epoch: 2,
      actor: 'operator:test',
    });
  });

  it('is made by a due tick of the schedule, once', async () => {
    const [one, two] = [await replicaWithKeys(), await replica()];
    await query(`UPDATE task_schedule SET next_run_at = now() - interval '1 second'`);
    const found = await Promise.all([one.due(), two.due()]);
    const [id, ...others] = new Set(found.flat());
    expect(others).toEqual([]);
    expect(await requestRow(id as string)).toMatchObject({ cause: 'scheduled', state: 'queued' });
    const outcomes = await Promise.all([one.run(id as string), two.run(id as string)]);
    expect(outcomes.sort()).toEqual(['skipped', 'success']);
    expect(await readKeySet(database.pool)).toMatchObject({ epoch: 2 });
    expect(await one.due()).toEqual([]);
  });

  it('that comes too early changes nothing, and its row says why', async () => {
    const rotator = await replicaWithKeys({ minimumPublishedSeconds: 132 });
    const id = await ask();
    expect(await rotator.run(id)).toBe('success');
    expect(await requestRow(id)).toMatchObject({
      state: 'noop',
      result: expect.stringMatching(/^the standby was published \d+ s ago and may sign at /),
    });
    expect(await readKeySet(database.pool)).toMatchObject({ epoch: 1 });
    expect(await rotator.metric('jwt_key_rotation_total', { operation: 'noop' })).toBe(1);
    expect(await rotator.metric('jwt_key_rotations_total')).toBe(1);
  });

  it('retires the keys whose time is over', async () => {
    const rotator = await replicaWithKeys();
    await rotator.run(await ask());
    const { retiring } = await kidsByState();
    await query(
      `UPDATE signing_key SET leaves_at = date_trunc('milliseconds', now()) WHERE state = 'retiring'`,
    );
    await signAgain(database.pool, ring);
    await rotator.run(await ask());
    expect((await kidsByState())['retired']).toEqual(retiring);
    expect(await auditOf('jwt_key_retired')).toMatchObject([{ kid: retiring?.[0], epoch: 3 }]);
    expect(await rotator.metric('jwt_key_retirements_total')).toBe(1);
  });

  it('goes on without Redis', async () => {
    const rotator = await replicaWithKeys({ redisUrl: noRedis });
    expect(await rotator.run(await ask())).toBe('success');
    expect(await readKeySet(database.pool)).toMatchObject({ epoch: 2 });
  });
});

describe('two rotators without a lock', () => {
  it('promote once, each time that both are asked', async () => {
    const changes = { redisUrl: noRedis, minimumPublishedSeconds: 132 };
    const [one, two] = [await replicaWithKeys(changes), await replica(changes)];
    for (let epoch = 2; epoch <= 6; epoch += 1) {
      await ripen();
      const ids = [await ask(), await ask()] as const;
      expect(await Promise.all([one.run(ids[0]), two.run(ids[1])])).toEqual(['success', 'success']);
      const states = await query('SELECT state FROM rotation_request WHERE id = ANY ($1) ORDER BY state', [
        ids,
      ]);
      expect(states).toEqual([{ state: 'noop' }, { state: 'succeeded' }]);
      expect(await readKeySet(database.pool)).toMatchObject({ epoch });
      expect((await kidsByState())['active']).toHaveLength(1);
    }
  });

  it('change nothing for a request that the other has taken over', async () => {
    const [slow, quick] = [
      await replicaWithKeys({ redisUrl: noRedis }),
      await replica({ redisUrl: noRedis }),
    ];
    const id = await ask();
    const request = await claimRequest(slow.foundation.pool, id, '11111111-1111-4111-8111-111111111111');
    expect(await quick.due()).toEqual([]);
    await query('UPDATE rotation_request SET lease_until = now() WHERE id = $1', [id]);
    expect(await quick.due()).toEqual([id]);
    expect(await quick.run(id)).toBe('success');
    if (!request) throw new Error('the request was not claimed');
    expect(await rotate(slow.rotator, request)).toEqual({ outcome: 'not-ours' });
    expect(await readKeySet(database.pool)).toMatchObject({ epoch: 2 });
  });
});

describe('a rotator that dies', () => {
  it('leaves the set as it was, at whichever statement, and another does the work', async () => {
    const survivor = await replicaWithKeys({ redisUrl: noRedis });
    const doomed = await replica({ redisUrl: noRedis });
    let died = true;
    for (let step = 1; died; step += 1) {
      const before = await readKeySet(database.pool);
      const id = await ask();
      const request = await claimRequest(doomed.foundation.pool, id, randomUUID());
      const rotator = { ...doomed.rotator, audit: dyingAt(step, doomed.foundation.audit) };
      died = await rotate(rotator, request as ClaimedRequest).then(
        () => false,
        () => true,
      );
      expect(byKid(await readKeySet(database.pool))).toEqual(died ? byKid(before) : expect.anything());
      await query('UPDATE rotation_request SET lease_until = now() WHERE id = $1', [id]);
      if (died) expect(await survivor.run(id)).toBe('success');
      const after = await readKeySet(database.pool);
      expect(after.epoch).toBe(before.epoch + 1);
      expect(findForgery(after, trustInRing(doomed.rotator.ring))).toBeUndefined();
      expect((await kidsByState())['active']).toHaveLength(1);
    }
    expect((await readKeySet(database.pool)).epoch).toBeGreaterThan(10);
  });

  /** The audit trail of a rotator whose connection is gone when it makes the given statement of its transaction. */
  function dyingAt(step: number, audit: AuditTrail): Pick<AuditTrail, 'transaction'> {
    let statements = 0;
    async function count(client: PoolClient): Promise<void> {
      statements += 1;
      if (statements !== step) return;
      await query('SELECT pg_terminate_backend($1)', [
        (client as unknown as { processID: number }).processID,
      ]);
    }
    return {
      transaction: (work) =>
        audit.transaction(async (client, note) => {
          const counted = Object.create(client, {
            query: {
              value: async (...args: Parameters<PoolClient['query']>) => {
                await count(client);
                return client.query(...args);
              },
            },
          }) as PoolClient;
          const result = await work(counted, (event) => count(client).then(() => note(event)));
          // And before it is committed.
          await count(client);
          return result;
        }),
    };
  }
});

describe('a rotator that meets the lock of another', () => {
  it('counts it, tries again later, and alerts where it happens again and again', async () => {
    const rotator = await replicaWithKeys({ alertOnRetry: true });
    const lock = await tryLock(rotator.foundation.redis, 'lock:jwt-key-rotation', 60_000);
    const id = await ask();
    for (let contention = 1; contention <= 4; contention += 1) {
      expect(await query(`SELECT 1 FROM alert WHERE status = 'firing'`)).toEqual([]);
      expect(await rotator.run(id)).toBe('retry');
      await query('UPDATE rotation_request SET next_attempt_at = now()');
    }
    expect(await query(`SELECT kind, incident FROM alert WHERE status = 'firing'`)).toEqual([
      { kind: 'rotation_contended', incident: 'rotation:contended' },
    ]);
    expect(await rotator.metric('jwt_key_rotation_total', { operation: 'lock_contended' })).toBe(4);
    expect(await rotator.metric('jwt_key_rotation_errors_total')).toBe(0);
    if (lock.outcome === 'acquired') await lock.release();
    expect(await rotator.run(id)).toBe('success');
    expect(await readKeySet(database.pool)).toMatchObject({ epoch: 2 });
  });
});

describe('a rotation that fails', () => {
  it('leaves nothing half-written, is alerted once, and is tried again', async () => {
    const rotator = await replicaWithKeys();
    const before = await kidsByState();
    await query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$`);
    // The last statements of the transaction are the audit records: keys and epoch are written by then.
    await query(`CREATE TRIGGER refuse BEFORE INSERT ON audit_event FOR EACH ROW
      WHEN (NEW.action = 'jwt_key_published') EXECUTE FUNCTION refuse()`);
    const id = await ask();
    expect(await rotator.run(id)).toBe('retry');

    expect(await kidsByState()).toEqual(before);
    expect(await readKeySet(database.pool)).toMatchObject({ epoch: 1 });
    expect(await requestRow(id)).toMatchObject({ state: 'queued', attempts: 1, result: 'the disk is full' });
    expect(await auditOf('jwt_key_rotated')).toHaveLength(1);
    expect(await auditOf('jwt_key_rotation_failed')).toMatchObject([
      { reason: 'internal', error: 'the disk is full', outcome: 'failure' },
    ]);
    expect(await rotator.metric('jwt_key_rotation_errors_total')).toBe(1);
    await query('UPDATE rotation_request SET next_attempt_at = now()');
    expect(await rotator.run(id)).toBe('retry');
    expect(await query(`SELECT kind, severity, error FROM alert WHERE status = 'firing'`)).toEqual([
      { kind: 'rotation_failed', severity: 'critical', error: 'the disk is full' },
    ]);

    await query('DROP TRIGGER refuse ON audit_event');
    await query('UPDATE rotation_request SET next_attempt_at = now()');
    expect(await rotator.run(id)).toBe('success');
    const reports = `SELECT status FROM alert WHERE incident = 'rotation:failed' ORDER BY accepted_at, id`;
    expect((await query<{ status: string }>(reports)).at(-1)).toEqual({ status: 'resolved' });
    expect(await readKeySet(database.pool)).toMatchObject({ epoch: 2 });
  });

  it('on an operator’s wish touches no key, is alerted and audited, and is not tried again', async () => {
    const rotator = await replicaWithKeys();
    const before = await kidsByState();
    const id = await ask(true);
    expect(await rotator.run(id)).toBe('failure');
    expect(await requestRow(id)).toMatchObject({ state: 'failed' });
    expect(await kidsByState()).toEqual(before);
    expect(await query(`SELECT kind, title, error FROM alert WHERE status = 'firing'`)).toEqual([
      {
        kind: 'rotation_failed',
        title: 'JWT key rotation failed',
        error: 'an operator asked this rotation to fail',
      },
    ]);
    expect(await auditOf('jwt_key_rotation_failed')).toMatchObject([
      { reason: 'simulated', actor: 'operator:test', operation: { action: 'jwt_key_rotation', id } },
    ]);
    expect(await rotator.metric('jwt_key_rotation_total', { operation: 'failed' })).toBe(1);
    expect(await rotator.due()).toEqual([]);
  });

  it('because the standby cannot sign never promotes it', async () => {
    const rotator = await replicaWithKeys();
    const before = await kidsByState();
    await query(
      `UPDATE signing_key_private SET sealed = sealed || '\\x00' WHERE kid IN (
         SELECT kid FROM signing_key WHERE state = 'pending')`,
    );
    expect(await rotator.run(await ask())).toBe('failure');
    expect(await kidsByState()).toEqual(before);
    expect(await auditOf('jwt_key_rotation_failed')).toMatchObject([{ reason: 'seal_failed' }]);
  });

  it('because the ring lost a key asks for nothing and touches nothing', async () => {
    await replicaWithKeys();
    const stranger = await replica({ ring: newRing('another') });
    await expect(stranger.due()).rejects.toMatchObject({ code: 'key_encryption_key_missing' });
    expect(await stranger.run(await ask())).toBe('failure');
    expect(await readKeySet(database.pool)).toMatchObject({ epoch: 1 });
  });
});
