import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { BackupStorage } from '../storage/backup-storage';

const never = new AbortController().signal;

async function* chunks(...parts: string[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield Buffer.from(part);
}

/** A stream of so many bytes, which can be told from any other, and may break before its end. */
export async function* longContent(sizeBytes: number, breakAt = Infinity): AsyncGenerator<Buffer> {
  const piece = 64 * 1024;
  for (let at = 0; at < sizeBytes; at += piece) {
    if (at >= breakAt) throw Object.assign(new Error('the source broke'), { code: 'EPIPE' });
    yield Buffer.alloc(Math.min(piece, sizeBytes - at), `${at} `);
  }
}

/** What every storage of backups has to do: the promises of `BackupStorage`. Not every server knows conditions. */
export function itIsABackupStorage(
  open: () => BackupStorage,
  { conditional = true, longBytes: long = 13 * 1024 * 1024 + 7 } = {},
): void {
  const read = async (key: string) => {
    const stream = await open().get(key);
    return stream && (await buffer(stream)).toString();
  };

  it('gives back what was put, and lists it with its size', async () => {
    await open().put('a/b/object', chunks('one ', 'two'), never);
    expect(await read('a/b/object')).toBe('one two');
    expect(await open().list('a/')).toEqual([{ key: 'a/b/object', sizeBytes: 7 }]);
    expect(await open().list('other/')).toEqual([]);
  });

  it('gives back what is long, and what is empty', async () => {
    await open().put('long', longContent(long), never, { expectedBytes: long });
    await open().put('empty', chunks(), never);
    const stored = await buffer((await open().get('long')) as Readable);
    expect(stored.equals(await buffer(Readable.from(longContent(long))))).toBe(true);
    expect(await read('empty')).toBe('');
  });

  it('lists all that there is, however much, and only what begins so', async () => {
    for (const key of ['x/1', 'x/2', 'x/3', 'x/4', 'x/5', 'xy']) await open().put(key, chunks(key), never);
    const keys = (await open().list('x/')).map((object) => object.key);
    expect(keys.sort()).toEqual(['x/1', 'x/2', 'x/3', 'x/4', 'x/5']);
  });

  it('has nothing where nothing was put, and removes nothing without complaint', async () => {
    expect(await open().get('no/such')).toBeUndefined();
    await open().remove('no/such');
    await open().put('a/object', chunks('x'), never);
    await open().remove('a/object');
    expect(await open().get('a/object')).toBeUndefined();
  });

  it.each([
    ['at once', 0],
    ['in the middle', long / 2],
    ['just before its end', long - 8],
  ])('leaves nothing of an object whose source breaks %s', async (_, at) => {
    await expect(open().put('a/object', longContent(long, at), never)).rejects.toMatchObject({
      // The source's own words: no storage is to blame.
      message: 'the source broke',
    });
    expect(await open().list('')).toEqual([]);
  });

  it('leaves nothing of an object that is given up', async () => {
    const abort = new AbortController();
    async function* interrupted(): AsyncGenerator<Buffer> {
      for await (const piece of longContent(long)) {
        yield piece;
        abort.abort(new Error('enough'));
      }
    }
    await expect(open().put('a/object', interrupted(), abort.signal)).rejects.toThrow();
    expect(await open().list('')).toEqual([]);
  });

  it('replaces an object in one step, and keeps the old one when that fails', async () => {
    await open().put('a/object', chunks('old'), never);
    await expect(open().put('a/object', longContent(99, 0), never)).rejects.toThrow();
    expect(await read('a/object')).toBe('old');
    await open().put('a/object', chunks('new'), never);
    expect(await read('a/object')).toBe('new');
  });

  (conditional ? it : it.skip)('replaces nothing where it must not', async () => {
    await open().put('a/object', chunks('first'), never, { onlyIfAbsent: true });
    await expect(
      open().put('a/object', chunks('second'), never, { onlyIfAbsent: true }),
    ).rejects.toMatchObject({
      reason: 'storage_failed',
    });
    expect(await read('a/object')).toBe('first');
    expect(await open().list('')).toHaveLength(1);
  });

  it('takes every key that a folder of ours can have', async () => {
    const key = 'data_base-1/20260101T020000Z-6f1e6f0e-2a0b-4c6e-9d8e-0a1b2c3d4e5f.12/dump.pgdump.zst.sealed';
    await open().put(key, chunks('x'), never);
    expect(await open().list('data_base-1/')).toEqual([{ key, sizeBytes: 1 }]);
  });
}
