import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

const chunkBytes = 4 * 1024 * 1024;

/**
 * Which of the named byte strings stand anywhere in the writable memory of a process (Linux). Only a child of ours can
 * be read in this way.
 */
export function findInMemory(pid: number, needles: Record<string, Buffer>): string[] {
  const overlap = Math.max(...Object.values(needles).map(({ length }) => length));
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  const found = new Set<string>();
  try {
    for (const [from, to] of writableRegions(pid))
      for (let at = from; at < to; at += chunkBytes) {
        const chunk = readAt(memory, at, Math.min(chunkBytes + overlap, to - at));
        for (const [name, bytes] of Object.entries(needles)) if (chunk.includes(bytes)) found.add(name);
      }
  } finally {
    closeSync(memory);
  }
  return [...found];
}

function writableRegions(pid: number): [from: number, to: number][] {
  return readFileSync(`/proc/${pid}/maps`, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
      return from && to ? [[parseInt(from, 16), parseInt(to, 16)]] : [];
    });
}

/** What can be read of it: a page may be gone since the list was made. */
function readAt(memory: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  try {
    return buffer.subarray(0, readSync(memory, buffer, 0, length, position));
  } catch {
    return Buffer.alloc(0);
  }
}
