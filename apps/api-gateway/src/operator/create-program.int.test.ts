import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { runOperator } from '@swfx/service';
import {
  captureOutput,
  createTestDatabase,
  createTestRedis,
  type CapturedOutput,
  type TestDatabase,
  type TestRedis,
} from '@swfx/testkit';
import { Registry } from 'prom-client';
import { verifyPassword } from '../auth/password';
import { findUserByEmail } from '../auth/users';
import { createProgram } from './create-program';

let database: TestDatabase;
let redis: TestRedis;
let operatorUrl: string;
const folder = mkdtempSync(join(tmpdir(), 'swfx-operator-'));
const auditFile = join(folder, 'audit.log');

beforeAll(async () => {
  database = await createTestDatabase();
  redis = await createTestRedis();
  operatorUrl = await database.urlAs('swfx_operator');
});
afterAll(async () => {
  await redis.drop();
  await database.drop();
  rmSync(folder, { recursive: true });
});

function run(words: string[], stdin = ''): Promise<CapturedOutput> {
  const environment = {
    DATABASE_URL: operatorUrl,
    REDIS_URL: redis.url,
    AUDIT_LOG_FILE: auditFile,
    SPOOL_DIR: join(folder, 'spool'),
  };
  const program = createProgram({ environment, stdin: Readable.from([stdin]), registry: new Registry() });
  return captureOutput(() => runOperator(program, ['node', 'swfx', ...words]));
}

test('adds a user whose password is made here and told once', async () => {
  const scopes = 'platform:read platform:write';
  const added = await run(['users', 'add', 'Ada@Example.com', '--scopes', scopes, '--generate', '--json']);
  expect(added.code).toBe(0);
  const { id, password, ...rest } = JSON.parse(added.out);
  expect(rest).toEqual({ created: true, email: 'ada@example.com', scopes: scopes.split(' '), roles: [] });
  const user = await findUserByEmail(database.pool, 'ada@example.com');
  expect(user?.id).toBe(id);
  expect(await verifyPassword(user?.passwordHash, password)).toBe(true);

  const audit = readFileSync(auditFile, 'utf8');
  expect(JSON.parse(audit)).toMatchObject({
    action: 'user_created',
    subject: `user:${id}`,
    roles: [],
    scopes: scopes.split(' '),
  });
  expect(JSON.parse(audit).actor).toMatch(/^operator:./);
  expect(audit).not.toContain(password);
  expect(audit).not.toContain('example.com');
});

test('adds a user whose password comes on standard input', async () => {
  const added = await run(
    ['users', 'add', 'bob@example.com', '--scopes', 'a', '--password-stdin'],
    'long enough it is\n',
  );
  expect(added).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^Added bob@example\.com \([0-9a-f-]{36}\)\.\n$/),
  });
  const user = await findUserByEmail(database.pool, 'bob@example.com');
  expect(await verifyPassword(user?.passwordHash, 'long enough it is')).toBe(true);
});

test('leaves a user who is there as they are: a failure, or what was wanted with --if-absent', async () => {
  const before = await findUserByEmail(database.pool, 'ada@example.com');
  const again = ['users', 'add', 'ADA@example.com', '--scopes', 'other', '--generate'];
  const refused = await run(again);
  expect(refused).toMatchObject({ code: 1, out: expect.stringContaining('already') });
  expect(refused.out).not.toContain('Password');
  const absent = await run([...again, '--if-absent', '--json']);
  expect(absent.code).toBe(0);
  expect(JSON.parse(absent.out)).toMatchObject({ created: false, id: before?.id });
  expect(await findUserByEmail(database.pool, 'ada@example.com')).toEqual(before);
});

test('lists the users, without their hashes', async () => {
  const listed = JSON.parse((await run(['users', 'list', '--json'])).out);
  expect(listed.map((user: { email: string }) => user.email)).toEqual(['ada@example.com', 'bob@example.com']);
  expect(Object.keys(listed[0])).toEqual(['id', 'email', 'scopes', 'roles', 'disabled', 'created_at']);
  const table = (await run(['users', 'list'])).out.split('\n');
  expect(table[0]).toMatch(/^EMAIL +ID +SCOPES +ROLES +STATE +CREATED/);
});

test('makes an administrator by a role, and refuses a user who may do nothing', async () => {
  const added = await run(['users', 'add', 'root@example.com', '--roles', 'admin', '--generate', '--json']);
  expect(JSON.parse(added.out)).toMatchObject({ created: true, roles: ['admin'], scopes: [] });
  expect((await run(['users', 'add', 'eve@example.com', '--roles', 'reader', '--generate'])).code).toBe(2);
});

describe('changing a user', () => {
  const changeOf = async (...words: string[]) => {
    const { code, out } = await run(['users', ...words, '--json']);
    return { code, ...(JSON.parse(out) as object) };
  };

  test('disables and enables them, audited under the operator’s name, and says when there was nothing to do', async () => {
    const user = await findUserByEmail(database.pool, 'bob@example.com');
    await database.pool.query(
      `INSERT INTO refresh_family (id, user_id, expires_at) VALUES (gen_random_uuid(), $1, now() + interval '1 day')`,
      [user?.id],
    );
    expect(await changeOf('disable', 'Bob@Example.com')).toMatchObject({
      code: 0,
      changed: true,
      sessions_ended: 1,
      user: { disabled: true },
    });
    expect(await changeOf('disable', user?.id as string)).toMatchObject({ code: 0, changed: false });
    const cutOffs = await database.pool.query('SELECT subject FROM token_cut_off');
    expect(cutOffs.rows).toEqual([{ subject: `user:${user?.id}` }]);
    expect(await changeOf('enable', 'bob@example.com')).toMatchObject({
      changed: true,
      user: { disabled: false },
    });
    const lines = readFileSync(auditFile, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const changes = lines.filter(({ subject }) => subject === `user:${user?.id}`).slice(-2);
    expect(changes.map(({ action }) => action)).toEqual(['user_disabled', 'user_enabled']);
    expect(changes[0].actor).toMatch(/^operator:./);
  });

  test('gives them other rights, each part for itself', async () => {
    expect(await changeOf('set-rights', 'bob@example.com', '--scopes', 'x y')).toMatchObject({
      changed: true,
      user: { scopes: ['x', 'y'], roles: [] },
    });
    expect(await changeOf('set-rights', 'bob@example.com', '--roles', 'admin')).toMatchObject({
      user: { scopes: ['x', 'y'], roles: ['admin'] },
    });
    expect(await changeOf('set-rights', 'bob@example.com', '--scopes', 'y x')).toMatchObject({
      changed: false,
    });
  });

  test('gives them a new password, made here or from standard input', async () => {
    const generated = (await changeOf('set-password', 'bob@example.com', '--generate')) as {
      password?: string;
    };
    const after = await findUserByEmail(database.pool, 'bob@example.com');
    expect(await verifyPassword(after?.passwordHash, generated.password as string)).toBe(true);
    const words = ['users', 'set-password', 'bob@example.com', '--password-stdin'];
    const { out } = await run(words, 'another long one\n');
    expect(out).toMatch(/^bob@example\.com is given a new password; 0 sessions ended\./);
    const last = await findUserByEmail(database.pool, 'bob@example.com');
    expect(await verifyPassword(last?.passwordHash, 'another long one')).toBe(true);
    expect(readFileSync(auditFile, 'utf8')).not.toContain(generated.password);
  });

  test('fails where there is no such user', async () => {
    expect(await run(['users', 'disable', 'ghost@example.com'])).toMatchObject({
      code: 1,
      out: 'There is no such user; nothing was changed.\n',
    });
    expect((await run(['users', 'enable', 'no-id'])).code).toBe(1);
  });
});

test.each([
  [['users', 'set-rights', 'eve@example.com']],
  [['users', 'set-password', 'eve@example.com']],
  [['users', 'add', 'ada', '--scopes', 'a', '--generate']],
  [['users', 'add', 'eve@example.com', '--generate']],
  [['users', 'add', 'eve@example.com', '--scopes', 'a']],
  [['users', 'add', 'eve@example.com', '--scopes', 'a"b', '--generate']],
  [['users', 'add', 'eve@example.com', '--scopes', 'a', '--password', 'on the command line']],
  [['users', 'frobnicate']],
])('%j is wrong usage', async (words) => {
  const result = await run(words);
  expect(result.code).toBe(2);
  expect(result.err).not.toBe('');
  expect(await findUserByEmail(database.pool, 'eve@example.com')).toBeUndefined();
});
