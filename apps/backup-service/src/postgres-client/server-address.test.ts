import { inspect } from 'node:util';
import { driverConfig, parseServerAddress } from './server-address';

describe('parseServerAddress', () => {
  it('takes names, passwords and databases apart whatever characters they hold', () => {
    const user = 'a b@/:?#%';
    const password = `p%@/:?#'"\\ &=+`;
    const database = `db ;/?:@&=+$,#"'\\ Ü`;
    const url = `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@db.example:6543/${encodeURIComponent(database)}`;
    const parsed = parseServerAddress(url);
    expect(parsed.ok && driverConfig(parsed.address)).toMatchObject({
      host: 'db.example',
      port: 6543,
      user,
      password,
      database,
      ssl: false,
    });
  });

  it('knows IPv6 addresses and Unix sockets', () => {
    expect(parseServerAddress('postgres://u@[::1]/d')).toMatchObject({
      address: { host: '::1', port: 5432 },
    });
    expect(parseServerAddress('postgres:///d?host=%2Frun%2Fpostgresql')).toMatchObject({
      address: { host: '/run/postgresql' },
    });
  });

  it.each([
    ['postgres://u:canary@h', 'names no database'],
    ['https://u:canary@h/d', 'must start with postgres://'],
    ['canary@h/d nonsense', 'is not a URL'],
    ['postgres://u:canary@h/d?options=x', 'options'],
    ['postgres://u:canary@h/%zz', 'cannot be decoded'],
  ])('says what is wrong with %s, and never the password', (url, problem) => {
    const parsed = parseServerAddress(url);
    expect(parsed).toMatchObject({ ok: false, problem: expect.stringContaining(problem) });
    expect(inspect(parsed)).not.toContain('canary');
  });

  it('does not print a password', () => {
    const parsed = parseServerAddress('postgres://u:canary@h/d');
    expect(`${inspect(parsed, { depth: 9 })} ${JSON.stringify(parsed)}`).not.toContain('canary');
  });

  it('verifies the server only where sslmode says so', () => {
    const tlsOf = (query: string) => {
      const parsed = parseServerAddress(`postgres://u@h/d?${query}`);
      return parsed.ok && driverConfig(parsed.address).ssl;
    };
    expect(tlsOf('sslmode=require')).toMatchObject({ rejectUnauthorized: false });
    expect(tlsOf('sslmode=verify-full')).toEqual({ rejectUnauthorized: true });
  });
});
