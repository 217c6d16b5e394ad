import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSpool } from './spool';

const folder = () => mkdtempSync(join(tmpdir(), 'spool-'));

describe('createSpool', () => {
  it('hands entries on in order, and forgets what was taken', async () => {
    const spool = createSpool({ folder: folder() });
    for (const number of [1, 2, 3]) await spool.append({ number });
    const taken: unknown[] = [];
    expect(await spool.drain(async (entry) => void taken.push(entry))).toEqual({ taken: 3, parked: [] });
    expect(taken).toEqual([{ number: 1 }, { number: 2 }, { number: 3 }]);
    expect(spool.depth()).toBe(0);
  });

  it('keeps an entry that was not taken, and those behind it', async () => {
    const spool = createSpool({ folder: folder() });
    for (const number of [1, 2, 3]) await spool.append({ number });
    const drain = spool.drain(async (entry) => {
      if ((entry as { number: number }).number === 2) throw new Error('still down');
    });
    await expect(drain).rejects.toThrow('still down');
    expect(spool.depth()).toBe(2);
    expect(spool.oldestAgeSeconds()).toBeLessThan(3_600);
  });

  it('puts aside what cannot be read or is refused for good, and goes on behind it', async () => {
    const path = folder();
    writeFileSync(join(path, '0000.json'), '{"half');
    const spool = createSpool({ folder: path });
    for (const number of [1, 2]) await spool.append({ number });
    const taken: unknown[] = [];
    const take = async (entry: unknown) => {
      if ((entry as { number: number }).number === 1) throw new Error('refused');
      taken.push(entry);
    };
    const report = await spool.drain(take, () => false);
    expect(report).toMatchObject({ taken: 1, parked: [{ error: 'it is not JSON' }, { error: 'refused' }] });
    expect(taken).toEqual([{ number: 2 }]);
    expect([spool.depth(), spool.parked()]).toEqual([0, 2]);
  });

  it('says when it is full', async () => {
    const spool = createSpool({ folder: folder(), limit: 1 });
    await spool.append(1);
    await expect(spool.append(2)).rejects.toMatchObject({ code: 'spool_full' });
  });

  it('outlives its process, and ignores an entry that was being written when that ended', async () => {
    const path = folder();
    await createSpool({ folder: path }).append('kept');
    writeFileSync(join(path, '0001.partial'), '{"half');
    const taken: unknown[] = [];
    await createSpool({ folder: path }).drain(async (entry) => void taken.push(entry));
    expect(taken).toEqual(['kept']);
  });
});
