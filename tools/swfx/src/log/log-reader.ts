/**
 * Reads a log file that others write: at first the end of what is there, later what has come since. It survives the
 * file being rotated (renamed and made anew: the rest of the old one is read first) and truncated, and hands out whole
 * lines only; what has no newline yet is kept until it has.
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

export interface LogReader {
  /** The lines since the last call. */
  read(): string[];
  /** What the file ends with, if it does not end with a newline. */
  unfinished(): string[];
  close(): void;
}

const tailBytes = 8 * 1024 * 1024;
const newline = '\n'.charCodeAt(0);

/** Opens a log file near its end. Throws where it cannot be read. */
export function openLogReader(path: string, startAtMost: number = tailBytes): LogReader {
  let file = openSync(path, 'r');
  let offset = Math.max(0, fstatSync(file).size - startAtMost);
  let insideLine = offset > 0;
  let rest = Buffer.alloc(0);

  function readOn(): string[] {
    const bytes = Buffer.concat([rest, bytesFrom(file, offset)]);
    offset += bytes.length - rest.length;
    const end = bytes.lastIndexOf(newline) + 1;
    rest = bytes.subarray(end);
    const lines = linesOf(bytes.subarray(0, end));
    if (insideLine && end > 0) {
      insideLine = false;
      lines.shift();
    }
    return lines;
  }

  function startAgain(): void {
    offset = 0;
    insideLine = false;
    rest = Buffer.alloc(0);
  }

  return {
    read() {
      const lines = readOn();
      const current = statSync(path, { throwIfNoEntry: false });
      if (!current) return lines;
      if (current.ino !== fstatSync(file).ino) {
        lines.push(...linesOf(rest));
        closeSync(file);
        file = openSync(path, 'r');
        startAgain();
      } else if (current.size < offset) startAgain();
      else return lines;
      return [...lines, ...readOn()];
    },
    unfinished: () => (insideLine ? [] : linesOf(rest)),
    close: () => closeSync(file),
  };
}

function bytesFrom(file: number, offset: number): Buffer {
  const chunks: Buffer[] = [];
  for (let at = offset; ;) {
    const chunk = Buffer.alloc(64 * 1024);
    const length = readSync(file, chunk, 0, chunk.length, at);
    if (length === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, length));
    at += length;
  }
}

function linesOf(bytes: Buffer): string[] {
  return bytes
    .toString('utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
}
