import type { BackupStorage } from './backup-storage';
import { withPatience } from './with-patience';

const never = new AbortController().signal;
const second = 1_000;

describe('withPatience', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());
  let answer: () => void;
  const storage = {
    place: '/mnt/dead',
    put: async (_key: string, content: AsyncIterable<Buffer>) => {
      for await (const chunk of content) if (chunk.length === 0) await new Promise(() => undefined);
    },
    list: () => new Promise<[]>((resolve) => (answer = () => resolve([]))),
    freeBytes: async () => 7,
  } as unknown as BackupStorage;
  const patient = () => withPatience(storage, 60 * second);
  async function* slowly(...chunks: string[]): AsyncGenerator<Buffer> {
    for (const chunk of chunks) {
      await new Promise((resolve) => setTimeout(resolve, 3_600 * second));
      yield Buffer.from(chunk);
    }
  }

  it('waits for as long as a source takes', async () => {
    const put = patient().put('a', slowly('one', 'two'), never);
    await jest.advanceTimersByTimeAsync(7_200 * second);
    await expect(put).resolves.toBeUndefined();
  });

  it('does not wait for a storage that takes nothing more', async () => {
    const put = patient().put('a', slowly('one', ''), never);
    const refused = expect(put).rejects.toMatchObject({
      reason: 'storage_failed',
      message: '/mnt/dead has said nothing for 60 s',
    });
    await jest.advanceTimersByTimeAsync(7_260 * second);
    await refused;
  });

  it('asks nothing more while one call is out, and goes on when it has come back', async () => {
    const using = patient();
    const refused = expect(using.list('')).rejects.toThrow('has said nothing');
    await jest.advanceTimersByTimeAsync(60 * second);
    await refused;
    await expect(using.freeBytes()).rejects.toThrow('has said nothing');
    answer();
    await jest.advanceTimersByTimeAsync(0);
    await expect(using.freeBytes()).resolves.toBe(7);
  });
});
