import { randomBytes } from 'node:crypto';
import { parseKeyRing, Secret } from '@swfx/config';
import { createPool, inTransaction, type Pool, type PoolClient } from '@swfx/database';
import { createTestDatabase, type TestDatabase } from '@swfx/testkit';
import { generateSigningKey } from './generate-signing-key';
import { readActiveKey } from './read-active-key';
import { readKeySet, readKeySetForUpdate } from './read-key-set';
import { accessTokenPurpose, openPrivateKey, sealPrivateKey } from './seal';
import { updateKeySet, type KeySetChange, type KeyTransition, type NewKey } from './update-key-set';

const ring = parseKeyRing(new Secret(`test:${randomBytes(32).toString('base64')}`));
const poolOptions = { applicationName: 'test', max: 2, onIdleError: () => undefined };
let database: TestDatabase;
let pool: Pool;

beforeEach(async () => {
  database = await createTestDatabase({ migrate: true });
  pool = database.pool;
});
afterEach(() => database.drop());

async function newKey(state: NewKey['state']): Promise<NewKey> {
  const { kid, alg, jwk, privateKey } = await generateSigningKey('ES256');
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  const sealed = sealPrivateKey(ring, { kid, alg, purpose: accessTokenPurpose }, pkcs8);
  return { kid, alg, jwk, state, sealed, createdBy: 'service:test' };
}

function change(publish: NewKey[], transitions: KeyTransition[] = []): KeySetChange {
  return { at: new Date(), publish, transitions };
}

/** A set with an active key and a standby, at epoch 1. */
async function firstSet(): Promise<{ active: NewKey; standby: NewKey }> {
  const [active, standby] = [await newKey('active'), await newKey('pending')];
  await inTransaction(pool, (client) => updateKeySet(client, 0, change([active, standby])));
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

  it('promotes a standby, and keeps no private half of the key that signs no more', async () => {
    const { active, standby } = await firstSet();
    const leavesAt = new Date(Date.now() + 900_000);
    await inTransaction(pool, (client) =>
      updateKeySet(
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
    const { rows } = await pool.query('SELECT kid FROM signing_key_private');
    expect(rows).toEqual([{ kid: standby.kid }]);
  });

  it('leaves out retired keys, and keeps revoked ones as tombstones', async () => {
    const { active, standby } = await firstSet();
    const leavesAt = new Date();
    await inTransaction(pool, async (client) => {
      await updateKeySet(client, 1, change([], [{ kid: active.kid, to: 'retiring', leavesAt }]));
      await updateKeySet(client, 2, change([], [{ kid: active.kid, to: 'retired' }]));
      await updateKeySet(client, 3, change([], [{ kid: standby.kid, to: 'revoked' }]));
    });
    expect(await states()).toEqual({ [standby.kid]: 'revoked' });
  });

  it('changes nothing for someone who saw an older epoch', async () => {
    const { standby } = await firstSet();
    const late = await inTransaction(pool, (client) =>
      updateKeySet(client, 0, change([], [{ kid: standby.kid, to: 'revoked' }])),
    );
    expect(late).toEqual({ outcome: 'lost-race', epoch: 1 });
    expect((await states())[standby.kid]).toBe('pending');
  });

  it('lets one of two changes win that were decided on the same epoch', async () => {
    await firstSet();
    const decided = async (client: PoolClient) => updateKeySet(client, 1, change([await newKey('pending')]));
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
    await updateKeySet(holder, 1, change([await newKey('pending')]));
    await holder.query('COMMIT');
    holder.release();
    const keySet = await waiting;
    expect(keySet).toMatchObject({ epoch: 2 });
    expect(keySet.keys).toHaveLength(3);
  });

  it('writes nothing at all when one step is impossible', async () => {
    const { active, standby } = await firstSet();
    const impossible = change([await newKey('pending')], [{ kid: active.kid, to: 'retired' }]);
    await expect(inTransaction(pool, (client) => updateKeySet(client, 1, impossible))).rejects.toThrow(
      'is not retiring',
    );
    expect(await readKeySet(pool)).toMatchObject({ epoch: 1 });
    expect(await states()).toEqual({ [active.kid]: 'active', [standby.kid]: 'pending' });
  });

  it('has never two active keys, whatever a program does', async () => {
    const { standby } = await firstSet();
    const second = inTransaction(pool, (client) =>
      updateKeySet(client, 1, change([], [{ kid: standby.kid, to: 'active' }])),
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
