import { randomUUID } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret } from '@swfx/config';
import { findForgery, parseKeyRing, readKeySet, trustInRing } from '@swfx/signing-keys';
import { createTestDatabase, startTestPostgres, waitUntil } from '@swfx/testkit';
import { Client } from 'pg';
import { openRunbook } from './testing/open-runbook';
import { runCommand } from './testing/run-command';
import { prepareGround, targets, unproven, type TestGround } from './testing/start-test-service';
import { createTokenMaker, type TokenMaker } from './testing/token-maker';

describe('the ops database', () => {
  let ground: TestGround;
  let tokens: TokenMaker;
  let operator: Record<string, string>;
  let first: string;
  let second: string;
  const [kept, gone] = [randomUUID(), randomUUID()];
  const restoreAsked = randomUUID();

  beforeAll(async () => {
    ground = await prepareGround();
    const { pool } = ground.ops;
    tokens = await createTokenMaker(pool);
    for (const id of [kept, gone])
      await pool.query(
        `INSERT INTO app_user (id, email, password_hash, roles, scopes)
         VALUES ($1, $2, '$argon2id$x', '{admin,reader}', '{users:write}')`,
        [id, `${id}@example.test`],
      );
    await pool.query(
      `INSERT INTO refresh_family (id, user_id, expires_at) VALUES (gen_random_uuid(), $1, now() + interval '1 day')`,
      [kept],
    );
    await pool.query(
      `INSERT INTO db_restore (id, backup_id, database, requested_by, state, asked)
       VALUES ($1, gen_random_uuid(), 'platform', 'operator:test', 'planned', 'restore')`,
      [restoreAsked],
    );
    const service = await ground.start({ BACKUP_TARGETS: targets(ground.ops.url, 'ops'), ...unproven });
    first = await ground.request('ops');
    await ground.ended(first);
    // What the backup does not know: a user is disabled, a key is revoked, another backup is taken.
    await pool.query('UPDATE app_user SET disabled_at = now() WHERE id = $1', [gone]);
    await pool.query(`UPDATE app_user SET roles = '{reader,writer}', scopes = '{}' WHERE id = $1`, [kept]);
    await tokens.revoke();
    second = await ground.request('ops');
    await ground.ended(second);
    await service.stop();
    operator = {
      ...(await ground.environment('swfx_operator')),
      ENVIRONMENT: 'production',
      KEY_ENCRYPTION_KEYS: tokens.ring,
    };
    await appendFile(
      operator['AUDIT_LOG_FILE'] as string,
      `${JSON.stringify({
        id: '0195e3a0-0000-7000-8000-000000000000',
        timestamp: new Date().toISOString(),
        logger: 'audit',
        action: 'user_password_changed',
        service: 'api-gateway',
        outcome: 'success',
        subject: `user:${kept}`,
      })}\n`,
    );
  });
  afterAll(async () => {
    await onServer(ground.ops.url, async (server) => {
      for (const name of await aside(server)) await server.query(`DROP DATABASE ${name} WITH (FORCE)`);
    });
    await ground.drop();
  });
  let recovered = '';
  /** What this test has set aside on the server that it shares with others. */
  const aside = async (server: Client) => {
    const short = recovered.replaceAll('-', '').slice(0, 12);
    const { rows } = await server.query<{ name: string }>(
      'SELECT datname::text AS name FROM pg_database WHERE datname IN ($1, $2)',
      [`swfx_before_${short}`, `swfx_restore_${short}`],
    );
    return rows.map(({ name }) => name);
  };
  const swfx = (...args: string[]) => runCommand(operator, 'restore', ...args);
  let lost = false;
  let elsewhereUrl = '';
  const newAudit = () => join(ground.folder, 'new', 'audit.log');
  const runbook = openRunbook('recovering-the-ops-database', () => ({
    environment: lost ? { ...operator, AUDIT_LOG_FILE: newAudit() } : operator,
    names: {
      '<id>': first,
      '<database>': 'ops',
      '<storage>': ground.backupDir,
      '/var/log/audit.log': operator['AUDIT_LOG_FILE'] as string,
      'postgres://postgres@<server>/<ops>': lost ? elsewhereUrl : ground.ops.url,
    },
  }));
  const recovery = 'npx swfx backup restore <id> --recover-ops --into postgres://postgres@<server>/<ops>';
  const recover = (...more: string[]) => runbook.run(recovery, ...more);
  const one = async (sql: string, ...values: unknown[]) =>
    (await waitUntil(() => ground.ops.pool.query(sql, values).catch(() => undefined))).rows[0] as Record<
      string,
      unknown
    >;

  it('is not recovered beside services that use it, nor without its name typed, nor from another backup', async () => {
    const refused = await runbook.run(`${recovery} --plan`);
    expect(refused).toMatchObject({ exitCode: 1, out: 'Nothing was done.\n' });
    expect(refused.err).toContain('stop the services');
    const untyped = await recover('--accept', 'services_connected', '--yes');
    expect(untyped).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining(`--confirm ${ground.ops.name}`),
    });
    const other = await createTestDatabase({ migrate: false });
    await other.pool.query('CREATE TABLE orders (id int)');
    const wrong = await swfx(first, '--recover-ops', '--into', other.url, '--plan');
    expect(wrong).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('holds no ops database (orders)'),
    });
    await other.drop();
    await expect(swfx('nonsense', '--recover-ops', '--into', ground.ops.url)).rejects.toThrow(
      'there is no backup nonsense in this storage',
    );
  });

  it('is recovered in place, and its old rows bring nothing back', async () => {
    const before = Number((await one('SELECT epoch FROM key_set'))['epoch']);
    const done = await recover('--accept', 'services_connected', '--confirm', ground.ops.name);
    expect(done).toMatchObject({ exitCode: 0, out: expect.stringContaining('Recovered the ops database') });
    expect(done.out).toContain(`set new ones: user:${kept}`);

    const event = await one(
      `SELECT record::json AS record FROM audit_event WHERE action = 'ops_database_recovered'`,
    );
    const record = event['record'] as { backup_id: string; epoch: number; operation: { id: string } };
    recovered = record.operation.id;
    expect(record).toMatchObject({ backup_id: first, sessions_ended: 1, users_disabled: 1 });
    expect(record.epoch).toBeGreaterThan(before);
    expect(await ground.auditActions(recovered)).toEqual([
      'db_restore_started',
      'ops_database_recovered',
      'db_restore_succeeded',
    ]);

    const keySet = await readKeySet(ground.ops.pool);
    expect(findForgery(keySet, trustInRing(parseKeyRing(new Secret(tokens.ring))))).toBeUndefined();
    expect(keySet.keys.map(({ state }) => state).sort()).toEqual(['active', 'revoked']);
    expect(await one('SELECT end_reason FROM refresh_family')).toEqual({ end_reason: 'ops_recovered' });
    expect(await one('SELECT disabled_at IS NOT NULL AS out FROM app_user WHERE id = $1', gone)).toEqual({
      out: true,
    });
    // What was taken from somebody does not come back, and what was given since is not given.
    expect(await one('SELECT roles, scopes FROM app_user WHERE id = $1', kept)).toEqual({
      roles: ['reader'],
      scopes: [],
    });
    expect(await one('SELECT count(*)::int AS n FROM token_cut_off')).toEqual({ n: 2 });
    expect(await one('SELECT state, asked FROM db_restore WHERE id = $1', restoreAsked)).toEqual({
      state: 'failed',
      asked: null,
    });
    expect(await one('SELECT count(*)::int AS n FROM backup WHERE id IN ($1, $2)', first, second)).toEqual({
      n: 2,
    });
    expect(
      await one(`SELECT count(*)::int AS n FROM audit_event WHERE action = 'user_password_changed'`),
    ).toEqual({ n: 1 });
    await onServer(ground.ops.url, async (server) =>
      expect(await aside(server)).toEqual([expect.stringContaining('swfx_before_')]),
    );
    expect((await runbook.run('npx swfx backup list')).out).toContain(second);
    expect(await runbook.run('npx swfx backup restores')).toMatchObject({ exitCode: 0 });
    const told = `grep '"action":"ops_database_recovered"' /var/log/audit.log | jq .`;
    expect(JSON.parse((await runbook.run(told)).out)).toMatchObject({ epoch: record.epoch });
  });

  it('is recovered on a new server from the storage alone, and knows its backups', async () => {
    const elsewhere = await startTestPostgres();
    try {
      elsewhereUrl = Object.assign(new URL(elsewhere.url()), { pathname: '/ops' }).href;
      lost = true;
      expect((await recover('--confirm', 'ops')).err).toContain('--accept missing_roles');
      const line =
        'npx swfx backup restore <database> --recover-ops --from <storage> --into postgres://postgres@<server>/<ops> --accept missing_roles';
      expect(await runbook.run(line, '--confirm', 'ops')).toMatchObject({
        exitCode: 0,
      });
      const listed = await runCommand({ ...operator, DATABASE_URL: elsewhereUrl }, 'list', '--json');
      expect((JSON.parse(listed.out) as { id: string }[]).map(({ id }) => id).sort()).toEqual(
        [first, second].sort(),
      );
    } finally {
      await elsewhere.drop();
    }
  });

  it('is recovered by the commands of its runbook, by all of them', () => {
    expect(runbook.left()).toEqual([]);
  });
});

async function onServer<T>(url: string, work: (server: Client) => Promise<T>): Promise<T> {
  const server = new Client({
    connectionString: Object.assign(new URL(url), { pathname: '/postgres' }).href,
  });
  await server.connect();
  try {
    return await work(server);
  } finally {
    await server.end();
  }
}
