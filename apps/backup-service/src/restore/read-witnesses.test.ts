import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { epochToLeaveBehind, mergeWitnesses, readAuditWitnesses } from './read-witnesses';

const line = (timestamp: string, action: string, fields: object) =>
  JSON.stringify({
    id: '0195e3a0-0000-7000-8000-000000000000',
    timestamp,
    action,
    service: 'api-gateway',
    outcome: 'success',
    ...fields,
  });

describe('readAuditWitnesses', () => {
  it('hears what happened after the backup, and what took rights away', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'witness-')), 'audit.log');
    const lines = [
      line('2026-01-01T00:00:00Z', 'user_disabled', { subject: 'user:before' }),
      line('2026-01-02T00:00:00Z', 'user_disabled', { subject: 'user:gone' }),
      line('2026-01-02T00:00:01Z', 'user_disabled', { subject: 'user:back' }),
      line('2026-01-02T00:00:02Z', 'user_enabled', { subject: 'user:back' }),
      line('2026-01-02T00:00:03Z', 'user_password_changed', { subject: 'user:new' }),
      line('2026-01-02T00:00:05Z', 'user_rights_changed', { subject: 'user:new', roles: [], scopes: ['a'] }),
      line('2026-01-02T00:00:03Z', 'user_rights_changed', {
        subject: 'user:new',
        roles: ['admin'],
        scopes: [],
      }),
      line('2026-01-02T00:00:04Z', 'jwt_key_rotated', { epoch: 41 }),
      '{"cut',
    ];
    await writeFile(file, lines.join('\n'));
    const told = await readAuditWitnesses([file, `${file}.gone`], new Date('2026-01-01T12:00:00Z'));
    expect(told).toEqual({
      epoch: 41,
      disabled: ['user:gone'],
      rights: [{ subject: 'user:new', roles: [], scopes: ['a'] }],
      passwordChanged: ['user:new'],
      silent: [expect.stringContaining('audit.log.gone cannot be read')],
    });
  });
});

test('what several witnesses tell is put together', () => {
  const rights = [{ subject: 'a', roles: [], scopes: [] }];
  const one = { epoch: 3, disabled: ['a'], rights, passwordChanged: [], silent: ['x'] };
  const other = { epoch: 2, disabled: ['a', 'b'], rights: [], passwordChanged: ['c'], silent: [] };
  expect(mergeWitnesses([one, other])).toEqual({
    epoch: 3,
    disabled: ['a', 'b'],
    rights,
    passwordChanged: ['c'],
    silent: ['x'],
  });
});

test('the epoch is above all that a verifier can have seen, whether anybody tells of it or not', () => {
  expect(epochToLeaveBehind({ backup: 10, told: 0, secondsSince: 3_600.5 })).toBe(3_611);
  expect(epochToLeaveBehind({ backup: 10, told: 9_000, secondsSince: 60 })).toBe(9_000);
  expect(epochToLeaveBehind({ backup: 10, told: 0, secondsSince: -5 })).toBe(10);
});
