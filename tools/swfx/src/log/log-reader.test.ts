import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLogReader, type LogReader } from './log-reader';

let folder: string;
let path: string;
let reader: LogReader | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'swfx-log-'));
  path = join(folder, 'service.log');
});
afterEach(() => {
  reader?.close();
  rmSync(folder, { recursive: true });
});

function open(content: string, startAtMost?: number): LogReader {
  writeFileSync(path, content);
  return (reader = openLogReader(path, startAtMost));
}

describe('openLogReader', () => {
  it('gives what is there, and then what comes', () => {
    const log = open('one\ntwo\n');
    expect(log.read()).toEqual(['one', 'two']);
    expect(log.read()).toEqual([]);
    appendFileSync(path, 'three\n');
    expect(log.read()).toEqual(['three']);
  });

  it('keeps a line back until it is whole, also when a character is cut in two', () => {
    const bytes = Buffer.from('größer\n');
    const log = open('');
    appendFileSync(path, bytes.subarray(0, 3));
    expect(log.read()).toEqual([]);
    appendFileSync(path, bytes.subarray(3));
    expect(log.read()).toEqual(['größer']);
  });

  it('starts at a whole line when it starts near the end', () => {
    expect(open('first line\nsecond line\nthird\n', 14).read()).toEqual(['third']);
  });

  it('reads the rest of a rotated file before the new one', () => {
    const log = open('one\n');
    log.read();
    appendFileSync(path, 'two\n');
    renameSync(path, `${path}.1`);
    expect(log.read()).toEqual(['two']);
    writeFileSync(path, 'three\n');
    expect(log.read()).toEqual(['three']);
  });

  it('begins again when the file was truncated', () => {
    const log = open('a long line before\n');
    log.read();
    truncateSync(path);
    appendFileSync(path, 'after\n');
    expect(log.read()).toEqual(['after']);
  });

  it('tells what the file ends with when no newline follows', () => {
    const log = open('one\nlast words');
    expect(log.read()).toEqual(['one']);
    expect(log.unfinished()).toEqual(['last words']);
  });
});
