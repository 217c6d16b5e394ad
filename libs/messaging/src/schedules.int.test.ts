import { inTransaction } from '@swfx/database';
import { createTestDatabase, type TestDatabase } from '@swfx/testkit';
import { claimTick, ensureSchedule, nextRunOf } from './schedules';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const schedule = (name: string, cron = '*/5 * * * *') => ({ name, service: 'test', cron });
const makeDue = (name: string) =>
  database.pool.query(`UPDATE task_schedule SET next_run_at = now() - interval '3 hours' WHERE name = $1`, [
    name,
  ]);
const claim = (name: string) => inTransaction(database.pool, (client) => claimTick(client, name));

describe('ensureSchedule', () => {
  it('keeps the place of a schedule that is there, and moves it when its cron changes', async () => {
    await ensureSchedule(database.pool, schedule('kept'));
    await makeDue('kept');
    const before = await nextRunOf(database.pool, 'kept');
    await ensureSchedule(database.pool, schedule('kept'));
    expect(await nextRunOf(database.pool, 'kept')).toEqual(before);
    await ensureSchedule(database.pool, schedule('kept', '0 2 * * *'));
    expect(await nextRunOf(database.pool, 'kept')).not.toEqual(before);
  });
});

describe('claimTick', () => {
  it('gives nothing before the time', async () => {
    await ensureSchedule(database.pool, schedule('later', '0 0 1 1 *'));
    expect(await claim('later')).toBeUndefined();
    expect(await claim('unknown')).toBeUndefined();
  });

  it('catches a long absence up once', async () => {
    await ensureSchedule(database.pool, schedule('missed'));
    await makeDue('missed');
    expect(await claim('missed')).toBeInstanceOf(Date);
    expect(await claim('missed')).toBeUndefined();
  });

  it('gives a tick to one of many replicas', async () => {
    await ensureSchedule(database.pool, schedule('contended'));
    await makeDue('contended');
    const claims = await Promise.all(Array.from({ length: 8 }, () => claim('contended')));
    expect(claims.filter(Boolean)).toHaveLength(1);
  });

  it('gives it back when the work that came with it was not committed', async () => {
    await ensureSchedule(database.pool, schedule('undone'));
    await makeDue('undone');
    const failing = inTransaction(database.pool, async (client) => {
      await claimTick(client, 'undone');
      throw new Error('the row could not be written');
    });
    await expect(failing).rejects.toThrow('could not be written');
    expect(await claim('undone')).toBeInstanceOf(Date);
  });
});
