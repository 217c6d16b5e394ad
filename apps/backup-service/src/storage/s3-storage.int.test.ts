import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Secret } from '@swfx/config';
import { itIsABackupStorage, longContent } from '../testing/storage-contract';
import { standInCredentials, startS3StandIn, type Mischief, type S3StandIn } from '../testing/s3-stand-in';
import type { BackupStorage } from './backup-storage';
import { checkStored } from './check-stored';
import { partBytes } from './part-bytes';
import { openS3Storage, type S3Settings } from './s3-storage';

const never = new AbortController().signal;
const mebibyte = 1024 * 1024;
/** Three parts, where parts are of one mebibyte. */
const long = 2.5 * mebibyte + 7;
const sha256Of = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('the S3 storage', () => {
  let server: S3StandIn;
  let storage: BackupStorage;
  const open = (settings: Partial<S3Settings> = {}) =>
    openS3Storage({
      bucket: 'backups',
      prefix: 'here/',
      region: 'eu-central-1',
      endpoint: server.url,
      accessKeyId: standInCredentials.accessKeyId,
      secretAccessKey: new Secret(standInCredentials.secretAccessKey),
      partBytes: () => mebibyte,
      ...settings,
    });
  beforeEach(async () => {
    server = await startS3StandIn('backups');
    server.limits.smallestPart = mebibyte;
    storage = open();
  });
  afterEach(async () => {
    // Whatever happened, no part is left that somebody pays for.
    expect(server.uploads.size).toBe(0);
    await server.stop();
  });
  const put = (key: string, sizeBytes = long, using = storage) =>
    using.put(key, longContent(sizeBytes), never, { expectedBytes: sizeBytes });
  /** Lets something go wrong with one kind of request, so many times. */
  function misbehave(what: string, mischief: Mischief, times = Infinity): void {
    let left = times;
    server.misbehave = (asked) => (asked === what && left-- > 0 ? mischief : undefined);
  }

  itIsABackupStorage(() => storage, { longBytes: long });

  it('sends what is long in parts, and what is short at once', async () => {
    await put('long');
    expect(server.seen.filter((what) => what === 'PUT part')).toHaveLength(3);
    server.seen.length = 0;
    await put('short', 100);
    expect(server.seen).toEqual(['PUT object', 'HEAD object']);
  });

  it.each<[string, string, Mischief]>([
    ['a part is refused', 'PUT part', 400],
    ['the connection is lost in a part', 'PUT part', 'reset'],
    ['the storage says nothing any more', 'PUT part', 'stall'],
    ['the parts cannot be put together', 'POST complete', 500],
    ['the answer that they were is lost', 'POST complete', 'reset'],
  ])(
    'gives the upload up when %s',
    async (_, what, mischief) => {
      misbehave(what, mischief);
      const impatient = open({ stallMs: 300 });
      await expect(put('a/long', long, impatient)).rejects.toMatchObject({ reason: 'storage_failed' });
      server.misbehave = () => undefined;
      expect(await storage.list('')).toEqual([]);
    },
    30_000,
  );

  it.each<[string, Mischief]>([
    ['fails', 'reset'],
    ['is told to slow down', 503],
  ])('tries again what %s once', async (_, mischief) => {
    misbehave('PUT part', mischief, 1);
    await put('a/long');
    expect(server.objects.get('here/a/long')).toHaveLength(long);
  });

  it('gives up where it is told to slow down without end, and says so', async () => {
    misbehave('PUT object', 503);
    await expect(put('short', 100)).rejects.toMatchObject({
      reason: 'storage_failed',
      message: 'the bucket backups failed: SlowDown',
    });
  });

  it.each<[string, Mischief, RegExp]>([
    ['the connection ends in the middle', 'cut', /broke off while long was read: aborted/],
    ['nothing comes any more', 'fall silent', /broke off while long was read/],
  ])('says that reading failed, and not that the object is short, when %s', async (_, mischief, message) => {
    await put('long');
    misbehave('GET object', mischief);
    const reading = buffer((await open({ stallMs: 300 }).get('long')) as Readable);
    await expect(reading).rejects.toMatchObject({
      reason: 'storage_failed',
      message: expect.stringMatching(message),
    });
  });

  it('finds out what a storage gives that is short, changed or another object, though it says nothing', async () => {
    const dump = { file: 'dump', stored_bytes: 9, stored_sha256: sha256Of(await buffer(longContent(9))) };
    const check = () => checkStored(storage, 'here', { dump, signal: never });
    await put('here/dump', 9);
    expect(await check()).toEqual({ whole: true });
    misbehave('GET object', 'shorten');
    expect(await check()).toEqual({
      whole: false,
      problem: 'its dump in s3://backups/here has 4 bytes, and they are not the 9 that were written',
    });
    server.misbehave = () => undefined;
    await put('here/dump', 8);
    expect(await check()).toMatchObject({ whole: false });
    await storage.remove('here/dump');
    expect(await check()).toEqual({ whole: false, problem: 'its dump is not in s3://backups/here' });
  });

  it('does not wait for a source that has fallen silent when the reading is given up', async () => {
    await put('long');
    misbehave('GET object', 'fall silent');
    const reading = (await open({ stallMs: 600_000 }).get('long')) as Readable;
    for await (const first of reading) {
      expect(first).toBeDefined();
      break;
    }
    expect(reading.destroyed).toBe(true);
  });

  describe('on a provider that takes few parts', () => {
    /** A thousand parts of 8 MiB and more, told in small: 40 of 1 KiB and more, which grow as the real ones do. */
    const inSmall = (number: number) => partBytes(number * 25, 0) / 8_192;
    beforeEach(() => {
      server.limits = { smallestPart: 1, mostParts: 40 };
    });

    it('gets into them what was not expected to be so much, since parts grow', async () => {
      await put('grown', 100 * 1024, open({ partBytes: inSmall }));
      expect(server.objects.get('here/grown')).toHaveLength(100 * 1024);
    });

    it('would not with parts of one size, and leaves none of them', async () => {
      await expect(put('same', 100 * 1024, open({ partBytes: () => 1024 }))).rejects.toMatchObject({
        message: 'the bucket backups failed: TooManyParts',
      });
      expect(server.objects.size).toBe(0);
    });
  });

  it('does not believe a yes when a byte is missing, and leaves nothing', async () => {
    misbehave('PUT object', 'lose');
    await expect(put('short', 100)).rejects.toMatchObject({
      message: 'the bucket backups says that it has stored short, and has 99 of its 100 bytes',
    });
    expect(server.objects.size).toBe(0);
  });

  it('takes a manifest for written when only the answer was lost, and one of somebody else for what it is', async () => {
    misbehave('PUT object', 'reset', 0);
    let first = true;
    server.misbehave = (what) => {
      if (what !== 'PUT object' || !first) return undefined;
      first = false;
      server.objects.set('here/manifest', Buffer.alloc(9, '0 '));
      return 'reset';
    };
    await storage.put('manifest', longContent(9), never, { onlyIfAbsent: true });
    await expect(
      storage.put('manifest', longContent(8), never, { onlyIfAbsent: true }),
    ).rejects.toMatchObject({ reason: 'storage_failed' });
  });

  it('does without conditions where the provider knows none', async () => {
    server.conditional = false;
    await storage.put('manifest', longContent(9), never, { onlyIfAbsent: true });
    expect(server.objects.size).toBe(1);
  });

  it('sweeps uploads that a killed process has left, and none that may be under way', async () => {
    for (const key of ['here/old-1', 'here/old-2', 'here/new', 'elsewhere/old'])
      server.uploads.set(key, { key, begun: new Date(key.includes('old') ? 1e12 : 2e12), parts: new Map() });
    expect(await storage.sweepUploads(new Date(1.5e12))).toBe(2);
    expect([...server.uploads.keys()]).toEqual(['here/new', 'elsewhere/old']);
    server.uploads.clear();
  });

  it('says that the credentials are refused, and does not print them', async () => {
    const secretAccessKey = new Secret('canary');
    const error: unknown = await put('short', 9, open({ secretAccessKey })).catch(
      (caught: unknown) => caught,
    );
    expect(error).toMatchObject({
      reason: 'storage_failed',
      message: 'the bucket backups refuses these credentials (SignatureDoesNotMatch)',
    });
    expect(JSON.stringify(error)).not.toContain('canary');
  });

  it('says that there is no such bucket, or no server', async () => {
    await expect(put('short', 9, open({ bucket: 'other' }))).rejects.toMatchObject({
      reason: 'storage_failed',
    });
    await expect(open({ bucket: 'other' }).get('short')).rejects.toMatchObject({ reason: 'storage_failed' });
    const nobody = open({ endpoint: 'http://127.0.0.1:1' });
    await expect(put('short', 9, nobody)).rejects.toMatchObject({ reason: 'storage_failed' });
  });
});
