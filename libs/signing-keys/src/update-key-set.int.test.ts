import { randomBytes } from 'node:crypto';
import { parseKeyRing, Secret } from '@swfx/config';
import { createPool, inTransaction, type Pool, type PoolClient } from '@swfx/database';
import { createTestDatabase, type TestDatabase } from '@swfx/testkit';
import { generateSigningKey } from './generate-signing-key';
import { readActiveKey } from './read-active-key';
import { readKeySet, readKeySetForUpdate } from './read-key-set';
import { accessTokenPurpose, openPrivateKey, type SealedKey } from './seal';
import { trustInRing } from './key-set-trust';
import { prepareKey } from './prepare-key';
import { findForgery } from './sign-key-set';
import {
  updateKeySet,
  type KeySetChange,
  type KeySetUpdate,
  type KeyTransition,
  type NewKey,
} from './update-key-set';

const ring = parseKeyRing(new Secret(`test:${randomBytes(32).toString('base64')}`));
const poolOptions = { applicationName: 'test', max: 2, onIdleError: () => undefined };
let database: TestDatabase;
let pool: Pool;

beforeEach(async () => {
  database = await createTestDatabase({ migrate: true });
  pool = database.pool;
});
afterEach(() => database.drop());

type Sealed = NewKey & { sealed: SealedKey };

async function newKey(state: NewKey['state']): Promise<Sealed> {
  const { sealed, ...key } = prepareKey(await generateSigningKey('ES256'), {
    ring,
    state,
    createdBy: 'service:test',
  });
  if (!sealed) throw new Error('a prepared key is sealed');
  return { ...key, sealed };
}

function change(publish: NewKey[], transitions: KeyTransition[] = []): KeySetChange {
  return { at: new Date(), publish, transitions };
}

/** Changes the set as someone who saw the given epoch of it. */
async function update(client: PoolClient, seenEpoch: number, change: KeySetChange): Promise<KeySetUpdate> {
  const seen = { ...(await readKeySet(client)), epoch: seenEpoch };
  return updateKeySet(client, ring, { seen, change });
}

/** A set with an active key and a standby, at epoch 1. */
async function firstSet(): Promise<{ active: Sealed; standby: Sealed }> {
  const [active, standby] = [await newKey('active'), await newKey('pending')];
  await inTransaction(pool, (client) => update(client, 0, change([active, standby])));
  return { active, standby };
}

const states = async () =>
  Object.fromEntries((await readKeySet(pool)).keys.map(({ kid, state }) => [kid, state]));

describe('the key set in Postgres', () => {
  it('is at epoch 0 and empty before the first key', async () => {
    expect(await readKeySet(pool)).toMatchObject({ epoch: 0, keys: [] });
    expect(await readActiveKey(pool)).toBeUndefined();
  });

  it('gives back what was published, and the key that signs with its private half', async () => {
    const { active, standby } = await firstSet();
    const keySet = await readKeySet(pool);
    expect(keySet.epoch).toBe(1);
    expect(keySet.keys.find(({ kid }) => kid === active.kid)).toMatchObject({
      alg: 'ES256',
      state: 'active',
      jwk: active.jwk,
      retiringSince: null,
      leavesAt: null,
    });
    expect(keySet.keys.find(({ kid }) => kid === standby.kid)?.activatedAt).toBeNull();
    const signer = await readActiveKey(pool);
    expect(signer).toMatchObject({ epoch: 1, kid: active.kid });
    expect(openPrivateKey(ring, { ...active, purpose: accessTokenPurpose }, active.sealed)).toEqual(
      openPrivateKey(ring, { ...active, purpose: accessTokenPurpose }, signer?.sealed ?? active.sealed),
    );
  });

  it('promotes a standby, and keeps the private half of the one before until it leaves', async () => {
    const { active, standby } = await firstSet();
    const leavesAt = new Date(Date.now() + 900_000);
    await inTransaction(pool, (client) =>
      update(
        client,
        1,
        change(
          [],
          [
            { kid: active.kid, to: 'retiring', leavesAt },
            { kid: standby.kid, to: 'active' },
          ],
        ),
      ),
    );
    expect(await states()).toEqual({ [active.kid]: 'retiring', [standby.kid]: 'active' });
    const withPrivateHalf = async () =>
      (await pool.query<{ kid: string }>('SELECT kid FROM signing_key_private')).rows.map(({ kid }) => kid);
    expect((await withPrivateHalf()).sort()).toEqual([active.kid, standby.kid].sort());
    await inTransaction(pool, (client) =>
      update(client, 2, change([], [{ kid: active.kid, to: 'retired' }])),
    );
    expect(await withPrivateHalf()).toEqual([standby.kid]);
  });

  it('leaves out retired keys, and keeps revoked ones as tombstones', async () => {
    const { active, standby } = await firstSet();
    const leavesAt = new Date();
    await inTransaction(pool, async (client) => {
      await update(client, 1, change([], [{ kid: active.kid, to: 'retiring', leavesAt }]));
      await update(client, 2, change([], [{ kid: active.kid, to: 'retired' }]));
      await update(client, 3, change([], [{ kid: standby.kid, to: 'revoked' }]));
    });
    expect(await states()).toEqual({ [standby.kid]: 'revoked' });
  });

  it('changes nothing for someone who saw an older epoch', async () => {
    const { standby } = await firstSet();
    const late = await inTransaction(pool, (client) =>
      update(client, 0, change([], [{ kid: standby.kid, to: 'revoked' }])),
    );
    expect(late).toEqual({ outcome: 'lost-race', epoch: 1 });
    expect((await states())[standby.kid]).toBe('pending');
  });

  it('lets one of two changes win that were decided on the same epoch', async () => {
    await firstSet();
    const decided = async (client: PoolClient) => update(client, 1, change([await newKey('pending')]));
    const results = await Promise.all([inTransaction(pool, decided), inTransaction(pool, decided)]);
    expect(results.map(({ outcome }) => outcome).sort()).toEqual(['applied', 'lost-race']);
    expect(results.map(({ epoch }) => epoch)).toEqual([2, 2]);
    expect((await readKeySet(pool)).keys).toHaveLength(3);
  });

  it('shows whoever waited for the lock the set as the one before left it', async () => {
    await firstSet();
    const holder = await pool.connect();
    await holder.query('BEGIN');
    await readKeySetForUpdate(holder);
    const waiting = inTransaction(pool, readKeySetForUpdate);
    await update(holder, 1, change([await newKey('pending')]));
    await holder.query('COMMIT');
    holder.release();
    const keySet = await waiting;
    expect(keySet).toMatchObject({ epoch: 2 });
    expect(keySet.keys).toHaveLength(3);
  });

  it('signs what it makes, so that nobody adds, changes or takes out a key without the ring', async () => {
    const { active, standby } = await firstSet();
    const trust = trustInRing(ring);
    const forgery = async () => findForgery(await readKeySet(pool), trust);
    expect(await forgery()).toBeUndefined();
    const strange = await newKey('pending');
    const spoil = [
      [
        `INSERT INTO signing_key (kid, alg, state, public_jwk, published_at, created_by)
        VALUES ($1, 'ES256', 'pending', $2, now(), 'nobody')`,
        [strange.kid, JSON.stringify(strange.jwk)],
      ],
      ['UPDATE signing_key SET public_jwk = $2 WHERE kid = $1', [standby.kid, JSON.stringify(strange.jwk)]],
      [`UPDATE signing_key SET leaves_at = now() + interval '1 year' WHERE kid = $1`, [active.kid]],
      [`UPDATE signing_key SET state = 'revoked', revoked_at = now() WHERE kid = $1`, [active.kid]],
      ['UPDATE key_set SET epoch = epoch + 1', []],
    ] as const;
    for (const [sql, values] of spoil) {
      const client = await pool.connect();
      await client.query('BEGIN');
      await client.query(sql, [...values]);
      expect(findForgery(await readKeySet(client), trust)).toBe('bad_signature');
      await client.query('ROLLBACK');
      client.release();
    }
    const another = trustInRing(parseKeyRing(new Secret(`test:${randomBytes(32).toString('base64')}`)));
    expect(findForgery(await readKeySet(pool), another)).toBe('unknown_signer');
    await pool.query('UPDATE key_set SET signature = NULL');
    expect(await forgery()).toBe('unsigned');
  });

  it('does not sign a row that was slipped in while the change was made', async () => {
    const { standby } = await firstSet();
    const seen = await readKeySet(pool);
    const strange = await newKey('pending');
    await pool.query(
      `INSERT INTO signing_key (kid, alg, state, public_jwk, published_at, created_by)
       VALUES ($1, 'ES256', 'pending', $2, now(), 'nobody')`,
      [strange.kid, JSON.stringify(strange.jwk)],
    );
    await inTransaction(pool, (client) =>
      updateKeySet(client, ring, { seen, change: change([], [{ kid: standby.kid, to: 'revoked' }]) }),
    );
    expect(findForgery(await readKeySet(pool), trustInRing(ring))).toBe('bad_signature');
  });

  it('lets no key stop signing much later than its end was counted from, however its rotator is paused', async () => {
    const { active, standby } = await firstSet();
    const leavesAt = new Date(Date.now() + 900_000);
    const promotion = change(
      [],
      [
        { kid: active.kid, to: 'retiring', leavesAt },
        { kid: standby.kid, to: 'active' },
      ],
    );
    const late = { ...promotion, at: new Date(promotion.at.getTime() - 6_000) };
    await expect(inTransaction(pool, (client) => update(client, 1, late))).rejects.toThrow('decided anew');
    expect(await readKeySet(pool)).toMatchObject({ epoch: 1 });

    const patience = async (client: PoolClient) =>
      (await client.query<object>('SHOW idle_in_transaction_session_timeout')).rows[0];
    await inTransaction(pool, async (client) => {
      await update(client, 1, promotion);
      expect(await patience(client)).toEqual({ idle_in_transaction_session_timeout: '4s' });
    });
  });

  it('writes nothing at all when one step is impossible', async () => {
    const { active, standby } = await firstSet();
    const impossible = change([await newKey('pending')], [{ kid: active.kid, to: 'retired' }]);
    await expect(inTransaction(pool, (client) => update(client, 1, impossible))).rejects.toThrow(
      'is not retiring',
    );
    expect(await readKeySet(pool)).toMatchObject({ epoch: 1 });
    expect(await states()).toEqual({ [active.kid]: 'active', [standby.kid]: 'pending' });
  });

  it('has never two active keys, whatever a program does', async () => {
    const { standby } = await firstSet();
    const second = inTransaction(pool, (client) =>
      update(client, 1, change([], [{ kid: standby.kid, to: 'active' }])),
    );
    await expect(second).rejects.toThrow('signing_key_one_active');
  });

  it('says so when its epoch row is gone, rather than begin again at 0', async () => {
    await firstSet();
    await pool.query('DELETE FROM key_set');
    await expect(readKeySet(pool)).rejects.toMatchObject({ code: 'key_set_missing' });
  });

  it('lets the gateway sign and change nothing, and keeps operators from private halves', async () => {
    await firstSet();
    const gateway = createPool({ url: new Secret(await database.urlAs('swfx_gateway')), ...poolOptions });
    const operator = createPool({ url: new Secret(await database.urlAs('swfx_operator')), ...poolOptions });
    try {
      expect(await readActiveKey(gateway)).toMatchObject({ epoch: 1 });
      expect(await readKeySet(operator)).toMatchObject({ epoch: 1 });
      await expect(gateway.query('UPDATE key_set SET epoch = 9')).rejects.toThrow('permission denied');
      await expect(gateway.query('DELETE FROM signing_key_private')).rejects.toThrow('permission denied');
      await expect(readActiveKey(operator)).rejects.toThrow('permission denied');
    } finally {
      await Promise.all([gateway.end(), operator.end()]);
    }
  });
});
