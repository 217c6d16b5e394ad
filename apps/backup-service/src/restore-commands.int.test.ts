import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTestDatabase, startTestPostgres, waitUntil, type TestDatabase } from '@swfx/testkit';
import { Client } from 'pg';
import { openRunbook } from './testing/open-runbook';
import { runCommand } from './testing/run-command';
import { prepareGround, targets, type TestGround, type TestService } from './testing/start-test-service';

describe('the commands of a restore', () => {
  let ground: TestGround;
  let source: TestDatabase;
  let service: TestService;
  let operator: Record<string, string>;
  let backupId: string;
  const keys = {
    BACKUP_ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    BACKUP_SIGNING_KEYS: `s1:${randomBytes(32).toString('base64')}`,
  };

  beforeAll(async () => {
    source = await createTestDatabase({ migrate: false });
    await source.pool.query('CREATE TABLE a (i int); INSERT INTO a SELECT generate_series(1, 100)');
    ground = await prepareGround();
    service = await ground.start({ BACKUP_TARGETS: targets(source.url), ...keys });
    backupId = await ground.request();
    await ground.judged(backupId);
    operator = await ground.environment('swfx_operator');
  });
  afterAll(async () => {
    await service.stop();
    const server = await connect(source.url, 'postgres');
    const { rows } = await server.query<{ datname: string }>(
      `SELECT datname FROM pg_database JOIN unnest($1::text[]) short ON datname ~ ('^swfx_.*_' || short)`,
      [await restoreIds()],
    );
    for (const { datname } of rows) await server.query(`DROP DATABASE ${datname} WITH (FORCE)`);
    await server.end();
    await source.drop();
    await ground.drop();
  });
  const restoreIds = async () =>
    (await ground.ops.pool.query<{ id: string }>('SELECT id FROM db_restore')).rows.map(({ id }) =>
      id.replaceAll('-', '').slice(0, 12),
    );
  let elsewhereUrl = '';
  let restoreId = '';
  const trial = () => `${source.name}_trial`;
  const runbook = openRunbook('restoring-a-database', () => ({
    environment: operator,
    names: {
      '<id>': backupId,
      '<restore>': restoreId,
      '<name>': trial(),
      '<database>': 'platform',
      '<folder or s3://bucket/prefix>': ground.backupDir,
      'postgres://postgres@<server>/<name>': elsewhereUrl,
    },
  }));
  const swfx = (...args: string[]) => runCommand(operator, ...args);
  async function rows(url = source.url, database?: string): Promise<number> {
    const client = await connect(url, database);
    try {
      return Number((await client.query<{ n: string }>('SELECT count(*) AS n FROM public.a')).rows[0]?.n);
    } finally {
      await client.end();
    }
  }

  it('show the plan, do nothing without a confirmation, restore with one, and undo', async () => {
    await source.pool.query('DELETE FROM a WHERE i > 10');
    expect((await runbook.run('npx swfx backup list')).out).toMatch(/platform .*succeeded +PROVEN/);
    const planned = await runbook.run('npx swfx backup restore <id> --plan');
    expect(planned).toMatchObject({ exitCode: 0, out: 'Planned, and nothing was done.\n' });
    expect(planned.err).toContain(`RENAME TO "${source.name}"`);
    const unconfirmed = await runbook.run('npx swfx backup restore <id>');
    expect(unconfirmed).toMatchObject({
      exitCode: 1,
      out: 'Not done: it was not confirmed; add --yes.\n',
    });
    operator = { ...operator, ENVIRONMENT: 'production' };
    expect(await swfx('restore', backupId, '--yes')).toMatchObject({
      exitCode: 1,
      out: `Not done: it was not confirmed; add --confirm ${source.name}.\n`,
    });
    expect(await rows()).toBe(10);
    restoreId = JSON.parse((await swfx('restores', '--json')).out)[0].id as string;
    expect(await runbook.run('npx swfx backup cancel <restore>')).toMatchObject({
      exitCode: 0,
      out: `Cancelled: nothing of the restore ${restoreId} of platform is left.\n`,
    });
    await expect(swfx('cancel', restoreId)).rejects.toThrow('is over already (cancelled)');

    const restored = await runbook.run('npx swfx backup restore <id>', '--confirm', source.name);
    expect(restored).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining(`Restored ${source.name} in `),
    });
    expect(await rows()).toBe(100);
    const done = JSON.parse((await swfx('restores', '--json')).out)[0].id as string;
    await expect(swfx('cancel', done)).rejects.toThrow(
      `npx swfx backup undo ${done} gives the old database back`,
    );
    expect((await runbook.run('npx swfx backup restores')).out).toMatch(/restored .*swfx_before_/);
    expect(JSON.parse((await swfx('list', '--json')).out)).toMatchObject([
      { id: backupId, restore_seconds: expect.any(Number) },
    ]);
    expect((await runbook.run('npx swfx backup show <id>')).out).toMatch(
      /restore +took [\d.]+ s the last time/,
    );

    expect((await runbook.run('npx swfx backup undo --plan')).out).toBe('Planned, and nothing was done.\n');
    const undone = await runbook.run('npx swfx backup undo', '--confirm', source.name);
    expect(undone).toMatchObject({ exitCode: 0, out: expect.stringContaining('Undone: ') });
    expect(undone.err).toContain('nothing was written since the swap');
    expect(await rows()).toBe(10);
    await expect(swfx('undo')).rejects.toThrow('There is no restore to undo');
  });

  it('prove a backup again: one that is spoiled since stops counting as good, and people are told', async () => {
    const again = await runbook.run('npx swfx backup prove <id>');
    expect(again).toMatchObject({ exitCode: 0, out: expect.stringContaining('is PROVEN: restored and') });
    const { location } = await ground.judged(backupId);
    const dump = join(ground.backupDir, location, 'dump.pgdump.zst.sealed');
    const whole = await readFile(dump);
    await writeFile(dump, whole.subarray(0, -1));
    const spoiled = await swfx('prove', backupId);
    expect(spoiled).toMatchObject({
      exitCode: 1,
      out: expect.stringContaining('is CORRUPT: its stored bytes'),
    });
    const proven = () => service.metric('db_backup_last_proven_timestamp_seconds{database="platform"}');
    await waitUntil(async () => (await proven()) === 0);
    expect(await service.metric('db_backup_last_success_timestamp_seconds{database="platform"}')).toBe(0);

    await writeFile(dump, whole);
    expect(JSON.parse((await swfx('prove', backupId, '--json')).out)).toMatchObject({ verdict: 'PROVEN' });
    await waitUntil(async () => (await proven()) > 0);
    const { rows: told } = await ground.ops.pool.query(
      `SELECT status FROM alert WHERE incident = 'backup-proof:platform' ORDER BY accepted_at`,
    );
    expect(told.map(({ status }) => status)).toEqual(['resolved', 'resolved', 'firing', 'resolved']);
  });

  it('restore into another name, and touch nothing else', async () => {
    const line = 'npx swfx backup restore <id> --into <name>';
    expect(await runbook.run(line, '--confirm', trial())).toMatchObject({ exitCode: 0 });
    expect(await rows(source.url, trial())).toBe(100);
    expect(await rows()).toBe(10);
    const server = await connect(source.url, 'postgres');
    await server.query(`DROP DATABASE ${trial()} WITH (FORCE)`);
    await server.end();
  });

  it('show what retention keeps and why', async () => {
    await waitUntil(async () => (await ground.ops.pool.query('SELECT FROM backup_target')).rowCount);
    const plan = await swfx('retention', '--dry-run');
    expect(plan.out).toMatch(new RegExp(`${backupId} .* keep +newest_proven`));
  });

  it('are there again for a new ops database, which finds its backups in the storage and proves them anew', async () => {
    await ground.ops.pool.query(
      'DELETE FROM backup; DELETE FROM backup_run; UPDATE backup_target SET retention_due_at = now()',
    );
    expect(await ground.judged(backupId)).toMatchObject({ verdict: 'PROVEN' });
    expect(JSON.parse((await swfx('list', '--json')).out)).toMatchObject([
      { id: backupId, requested_by: 'storage', verdict: 'PROVEN' },
    ]);
    expect(await ground.auditActions(backupId)).toContain('db_backup_catalogued');
  });

  it('restore onto another server: from the catalogue, or from the storage alone with the keys and nothing else', async () => {
    const elsewhere = await startTestPostgres();
    try {
      const beside = Object.assign(new URL(elsewhere.url()), { pathname: '/beside' }).href;
      elsewhereUrl = beside;
      operator = { ...operator, ...keys, ENVIRONMENT: 'production' };
      const line = 'npx swfx backup restore <id> --into postgres://postgres@<server>/<name>';
      const to = await runbook.run(line, '--confirm', 'beside');
      expect(to).toMatchObject({ exitCode: 0, out: expect.stringContaining(`Restored backup ${backupId}`) });
      expect(await rows(beside)).toBe(100);
      const { rows: entered } = await ground.ops.pool.query(
        `SELECT id, state, into_name, into_server FROM db_restore WHERE into_server IS NOT NULL`,
      );
      const server = new URL(beside).host;
      expect(entered).toMatchObject([{ state: 'restored', into_name: 'beside', into_server: server }]);
      expect(await ground.auditActions(entered[0].id as string)).toEqual([
        'db_restore_started',
        'db_restore_succeeded',
      ]);
      const taken = await swfx('restore', backupId, '--into', beside, '--confirm', 'beside');
      expect(taken).toMatchObject({ exitCode: 1, err: expect.stringContaining('is there already') });

      const into = Object.assign(new URL(elsewhere.url()), { pathname: '/again' }).href;
      const bare = { PATH: process.env['PATH'] ?? '' };
      const restore = (environment: Record<string, string>, ...more: string[]) =>
        runCommand(
          environment,
          'restore',
          'platform',
          '--from',
          ground.backupDir,
          '--into',
          into,
          '--yes',
          ...more,
        );
      await expect(restore({ ...bare, BACKUP_SIGNING_KEYS: keys.BACKUP_SIGNING_KEYS })).rejects.toThrow(
        'BACKUP_ENCRYPTION_KEYS is not given',
      );
      operator = { ...bare, ...keys };
      elsewhereUrl = into;
      const done = await runbook.run(
        'npx swfx backup restore <database> --from <folder or s3://bucket/prefix> --into postgres://postgres@<server>/<name>',
        '--yes',
      );
      expect(done).toMatchObject({
        exitCode: 0,
        out: expect.stringContaining(`Restored backup ${backupId} into again`),
      });
      expect(await rows(into)).toBe(100);
      const again = await restore({ ...bare, ...keys });
      expect(again).toMatchObject({
        exitCode: 1,
        err: expect.stringContaining('a database again is there already'),
      });
      await expect(restore({ ...bare, ...keys }, '--from', '/no/such/folder')).rejects.toThrow(
        'There is no folder',
      );
    } finally {
      await elsewhere.drop();
    }
  });

  it('are all that the runbook of a restore has', () => {
    expect(runbook.left()).toEqual([]);
  });
});

async function connect(url: string, database?: string): Promise<Client> {
  const client = new Client({
    connectionString: database ? Object.assign(new URL(url), { pathname: `/${database}` }).href : url,
  });
  await client.connect();
  return client;
}
