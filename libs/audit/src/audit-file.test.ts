import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAuditFile } from './audit-file';
import { trackProjection } from './projection';

const newPath = () => join(mkdtempSync(join(tmpdir(), 'audit-')), 'logs', 'audit.log');
const row = (id: string, second = Number(id)) => {
  const timestamp = new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
  return { id, timestamp, line: JSON.stringify({ id, timestamp }) };
};
const idsIn = (path: string) =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => (JSON.parse(line) as { id: string }).id);

describe('openAuditFile', () => {
  it('makes the file before its first record', () => {
    const path = newPath();
    openAuditFile(path).close();
    expect(readFileSync(path, 'utf8')).toBe('');
  });

  it('reads what was added since the last time, whoever added it', () => {
    const path = newPath();
    const [mine, other] = [openAuditFile(path), openAuditFile(path)];
    mine.append(['a', 'b']);
    expect(mine.readNew(() => true).map(({ text }) => text)).toEqual(['a', 'b']);
    other.append(['c']);
    expect(mine.readNew(() => true)).toEqual([{ offset: 4, text: 'c' }]);
    expect(mine.readNew(() => true)).toEqual([]);
    mine.close();
    other.close();
  });

  it('reads back from the end only as far as it has to', () => {
    const path = newPath();
    const file = openAuditFile(path);
    const line = 'x'.repeat(100_000);
    file.append(Array.from({ length: 50 }, () => line));
    const near = openAuditFile(path);
    expect(near.readNew(() => true).length).toBeLessThan(12);
    const far = openAuditFile(path);
    expect(far.readNew(() => false)).toHaveLength(50);
    for (const each of [file, near, far]) each.close();
  });
});

describe('the projection', () => {
  it('writes no record twice, also when another process wrote it', () => {
    const path = newPath();
    const [one, two] = [openAuditFile(path), openAuditFile(path)];
    const [mine, other] = [trackProjection(one), trackProjection(two)];
    mine.append([row('1')]);
    other.append([row('2')]);
    expect(mine.appendMissing([row('1'), row('2'), row('3')])).toBe(1);
    expect(other.appendMissing([row('1'), row('2'), row('3')])).toBe(0);
    expect(idsIn(path)).toEqual(['1', '2', '3']);
    one.close();
    two.close();
  });

  it('blanks out the piece of a line that a killed process left, wherever it is, so that every line still parses', () => {
    const path = newPath();
    openAuditFile(path).close();
    writeFileSync(path, `${row('1').line}\n{"id":"2","times`);
    const file = openAuditFile(path);
    const projection = trackProjection(file);
    projection.append([row('3')]);
    expect(projection.appendMissing([row('1'), row('2'), row('3')])).toBe(1);
    expect(idsIn(path)).toEqual(['1', '3', '2']);
    file.close();
  });

  it('goes on under the name when the file was moved away, and repeats nothing', () => {
    const path = newPath();
    const file = openAuditFile(path);
    const projection = trackProjection(file);
    projection.append([row('1')]);
    renameSync(path, `${path}.1`);
    projection.append([row('2')]);
    expect(projection.appendMissing([row('1'), row('2')])).toBe(0);
    expect([idsIn(`${path}.1`), idsIn(path)]).toEqual([['1'], ['2']]);
    file.close();
  });

  it('writes the records of a removed file again', () => {
    const path = newPath();
    const file = openAuditFile(path);
    const projection = trackProjection(file);
    projection.append([row('1')]);
    rmSync(path);
    expect(projection.newest()).toBeUndefined();
    expect(projection.appendMissing([row('1')])).toBe(1);
    expect(idsIn(path)).toEqual(['1']);
    file.close();
  });
});
