import { open, stat } from 'node:fs/promises';

/** The size of a file in bytes, 0 where it is not there yet: what is written from now on begins there. */
export async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

/** The last lines of what a file has got since it was `from` bytes long. */
export async function logTail(file: string, from: number, lines = 8): Promise<string> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (!handle) return '';
  try {
    const { size } = await handle.stat();
    const start = Math.max(from, size - 16_384);
    const buffer = Buffer.alloc(Math.max(0, size - start));
    await handle.read(buffer, 0, buffer.length, start);
    return buffer.toString('utf8').trim().split('\n').slice(-lines).join('\n');
  } finally {
    await handle.close();
  }
}
