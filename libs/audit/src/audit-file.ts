/**
 * The audit file: whole lines, appended in one write a batch, by several processes at once. Whoever moves or removes
 * it (logrotate, a mistake) is noticed at the next use, and the name is a file again. A process that was killed in
 * the middle of a write, or a disk that was full, leaves a piece of a line: the next batch begins on a line of its
 * own, and the piece is blanked out (spaces are nothing to `jq` and `grep`). Its record comes again from the table.
 */
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';

/** A line and where it begins, in bytes. */
export interface FileLine {
  offset: number;
  text: string;
}

/** What became of the file since it was last used. */
export type FileFate = 'same' | 'moved' | 'removed';

export interface AuditFile {
  /** Makes sure that what is written next goes to the file that has the name. */
  follow(): FileFate;
  append(lines: readonly string[]): void;
  /**
   * The whole lines that were added since the last call. The first call gives the lines at the end, from so far back
   * that `farEnough` is satisfied with the distance from the first of them to the last, or from the beginning.
   */
  readNew(farEnough: (first: string, last: string) => boolean): FileLine[];
  /** Overwrites a line with spaces. */
  blank(line: FileLine): void;
  close(): void;
}

const newline = 0x0a;
const firstReadBytes = 1024 * 1024;
const mostReadBytes = 64 * 1024 * 1024;

/** Opens the file for appending; it exists from then on, also before its first record. */
export function openAuditFile(path: string): AuditFile {
  mkdirSync(dirname(path), { recursive: true });
  let file = openSync(path, 'a+', 0o640);
  let readTo: number | undefined;

  return {
    follow() {
      const open = fstatSync(file);
      if (isSameFile(open, path)) return 'same';
      const fate = open.nlink === 0 ? 'removed' : 'moved';
      closeSync(file);
      mkdirSync(dirname(path), { recursive: true });
      file = openSync(path, 'a+', 0o640);
      readTo = undefined;
      return fate;
    },
    append(lines) {
      if (lines.length === 0) return;
      const bytes = Buffer.from(`${endsTorn(file) ? '\n' : ''}${lines.join('\n')}\n`);
      const written = writeSync(file, bytes);
      if (written !== bytes.length)
        throw new Error(`only ${written} of ${bytes.length} bytes reached ${path}`);
    },
    readNew(farEnough) {
      const { size } = fstatSync(file);
      const lines =
        readTo === undefined || readTo > size
          ? readEnd(file, size, farEnough)
          : readLines(file, readTo, size);
      readTo = lines.end;
      return lines.lines;
    },
    blank({ offset, text }) {
      const spaces = Buffer.alloc(Buffer.byteLength(text), ' ');
      const writable = openSync(path, 'r+');
      try {
        writeSync(writable, spaces, 0, spaces.length, offset);
      } finally {
        closeSync(writable);
      }
    },
    close: () => closeSync(file),
  };
}

function isSameFile(open: Stats, path: string): boolean {
  const named = statSync(path, { throwIfNoEntry: false });
  return named !== undefined && named.ino === open.ino && named.dev === open.dev;
}

/** Whether the file ends in the middle of a line. */
function endsTorn(file: number): boolean {
  const { size } = fstatSync(file);
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  readSync(file, last, 0, 1, size - 1);
  return last[0] !== newline;
}

interface ReadLines {
  lines: FileLine[];
  /** Where the last of them ends. */
  end: number;
}

/** Reads further and further back from the end until the first line reaches back far enough. */
function readEnd(file: number, size: number, farEnough: (first: string, last: string) => boolean): ReadLines {
  for (let length = firstReadBytes; ; length *= 2) {
    const from = Math.max(0, size - length);
    const read = readLines(file, from, size);
    // Unless it is the beginning, the first line read is most likely the end of one.
    if (from > 0) read.lines.shift();
    const [first, last] = [read.lines[0], read.lines.at(-1)];
    if (from === 0 || length >= mostReadBytes) return read;
    if (first && last && farEnough(first.text, last.text)) return read;
  }
}

/** The whole lines between two offsets. */
function readLines(file: number, from: number, to: number): ReadLines {
  const bytes = Buffer.alloc(to - from);
  const length = readSync(file, bytes, 0, bytes.length, from);
  const lines: FileLine[] = [];
  let start = 0;
  for (let end = bytes.indexOf(newline); end >= 0 && end < length; end = bytes.indexOf(newline, start)) {
    lines.push({ offset: from + start, text: bytes.toString('utf8', start, end) });
    start = end + 1;
  }
  return { lines, end: from + start };
}
