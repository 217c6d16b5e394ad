/**
 * The audit file is a projection of the audit table: whole lines, appended in one write a batch, by several
 * processes at once. A process that was killed in the middle of a write may have left a piece of a line; the next
 * one blanks it out (spaces are nothing to `jq` and `grep`), and the record itself comes again from the table.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

export interface AuditFile {
  append(lines: readonly string[]): void;
  /** The records among the last 32 MiB of the file, whichever process wrote them. */
  recent(): RecentRecord[];
  close(): void;
}

interface RecentRecord {
  id: string;
  timestamp: string;
}

const tailBytes = 32 * 1024 * 1024;

/** Opens the file for appending; it exists from then on, also before its first record. */
export function openAuditFile(path: string): AuditFile {
  mkdirSync(dirname(path), { recursive: true });
  const existed = existsSync(path);
  const file = openSync(path, 'a', 0o640);
  if (existed) blankTornTail(path);

  return {
    append(lines) {
      if (lines.length === 0) return;
      const bytes = Buffer.from(`${lines.join('\n')}\n`);
      const written = writeSync(file, bytes);
      if (written !== bytes.length)
        throw new Error(`only ${written} of ${bytes.length} bytes reached ${path}`);
    },
    recent: () =>
      readTail(path)
        .split('\n')
        .map(parseLine)
        .filter((record) => record !== undefined),
    close() {
      fsyncSync(file);
      closeSync(file);
    },
  };
}

function blankTornTail(path: string): void {
  const tail = readTail(path);
  if (tail === '' || tail.endsWith('\n')) return;
  const torn = Buffer.byteLength(tail.slice(tail.lastIndexOf('\n') + 1));
  const file = openSync(path, 'r+');
  try {
    const { size } = fstatSync(file);
    writeSync(file, Buffer.concat([Buffer.alloc(torn, ' '), Buffer.from('\n')]), 0, torn + 1, size - torn);
  } finally {
    closeSync(file);
  }
}

function readTail(path: string): string {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const length = Math.min(size, tailBytes);
    const bytes = Buffer.alloc(length);
    readSync(file, bytes, 0, length, size - length);
    return bytes.toString('utf8');
  } finally {
    closeSync(file);
  }
}

function parseLine(line: string): RecentRecord | undefined {
  try {
    return JSON.parse(line) as RecentRecord;
  } catch {
    return undefined;
  }
}
