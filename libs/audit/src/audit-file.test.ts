import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAuditFile } from './audit-file';

const path = () => join(mkdtempSync(join(tmpdir(), 'audit-')), 'logs', 'audit.log');
const line = (id: string) => JSON.stringify({ id, service: 's', timestamp: `2026-01-01T00:00:0${id}Z` });

describe('openAuditFile', () => {
  it('makes the file before its first record', () => {
    const file = path();
    openAuditFile(file).close();
    expect(readFileSync(file, 'utf8')).toBe('');
  });

  it('appends whole lines and finds them again, whoever wrote them', () => {
    const audit = openAuditFile(path());
    audit.append([line('1'), line('2')]);
    audit.append([JSON.stringify({ id: '3', service: 'other', timestamp: '2026-01-01T00:00:03Z' })]);
    expect(audit.recent().map(({ id }) => id)).toEqual(['1', '2', '3']);
    audit.close();
  });

  it('blanks out the piece of a line that a killed process left, so that every line still parses', () => {
    const file = path();
    openAuditFile(file).close();
    writeFileSync(file, `${line('1')}\n{"id":"2","ser`);
    const audit = openAuditFile(file);
    audit.append([line('3')]);
    audit.close();
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .filter((text) => text.trim() !== '');
    expect(lines.map((text) => (JSON.parse(text) as { id: string }).id)).toEqual(['1', '3']);
  });
});
