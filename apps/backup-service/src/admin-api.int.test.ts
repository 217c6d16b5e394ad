import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTestDatabase, waitUntil, type TestDatabase } from '@swfx/testkit';
import { makeOddPrograms, type OddPrograms } from './testing/odd-programs';
import { prepareGround, targets, type TestGround, type TestService } from './testing/start-test-service';
import { createTokenMaker, type TokenMaker } from './testing/token-maker';

interface Answer {
  status: number;
  body: Record<string, never> & { code: string; id: string };
}

describe('the admin API', () => {
  let ground: TestGround;
  let source: TestDatabase;
  let service: TestService;
  let tokens: TokenMaker;
  let backupId: string;
  let odd: OddPrograms;
  const anna = `user:${randomUUID()}`;
  const all = 'backups:read backups:write backups:restore';

  beforeAll(async () => {
    source = await createTestDatabase({ migrate: false });
    await source.pool.query('CREATE TABLE a (i int); INSERT INTO a SELECT generate_series(1, 100)');
    ground = await prepareGround();
    tokens = await createTokenMaker(ground.ops.pool);
    service = await ground.start({
      BACKUP_TARGETS: targets(source.url),
      KEY_SET_TRUST: tokens.trust,
      ENVIRONMENT: 'production',
      ADMIN_REQUESTS_PER_MINUTE: '100000',
    });
    // A service listens before it has entered its databases.
    await waitUntil(async () => {
      const known = await ground.ops.pool.query('SELECT FROM backup_target WHERE named_until > now()');
      return known.rowCount === 1;
    });
  });
  afterAll(async () => {
    await service.stop();
    const { rows } = await source.pool.query<{ name: string }>(
      `SELECT datname AS name FROM pg_database WHERE datname ~ '^swfx_(restore|before)_'`,
    );
    const short = (await restoreIds()).map((id) => id.replaceAll('-', '').slice(0, 12));
    for (const { name } of rows)
      if (short.some((one) => name.endsWith(one)))
        await source.pool.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await source.drop();
    await ground.drop();
  });
  const restoreIds = async () =>
    (await ground.ops.pool.query<{ id: string }>('SELECT id FROM db_restore')).rows.map(({ id }) => id);

  /** Asks as Anna, who may everything, unless another token is given. */
  async function ask(method: string, path: string, body?: object, token?: string): Promise<Answer> {
    const bearer = token ?? tokens.token({ scope: all, sub: anna });
    const response = await fetch(`${service.adminUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  }
  const events = async (path: string) => {
    const response = await fetch(`${service.adminUrl}${path}`, {
      headers: { authorization: `Bearer ${tokens.token({ scope: all, sub: anna })}` },
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    return (await response.text())
      .split('\n\n')
      .filter((block) => block.startsWith('event'))
      .map((block) => {
        const [event, data] = block.split('\n').map((line) => line.slice(line.indexOf(' ') + 1));
        return { event, data: JSON.parse(data as string) as Record<string, unknown> };
      });
  };
  const rows = () =>
    waitUntil(() =>
      source.pool.query<{ n: string }>('SELECT count(*) AS n FROM a').then(
        (result) => result.rows[0]?.n,
        () => undefined,
      ),
    );
  const accesses = async (status: number) =>
    (
      await ground.ops.pool.query<{ endpoint: string; outcome: string; actor: string }>(
        `SELECT record::json ->> 'endpoint' AS endpoint, record::json ->> 'outcome' AS outcome, record::json ->> 'actor' AS actor
         FROM audit_event WHERE action = 'admin_endpoint_accessed' AND (record::json ->> 'status')::int = $1`,
        [status],
      )
    ).rows;

  it('starts a backup, lets it be watched to its end, and shows it', async () => {
    const started = await ask('POST', '/admin/backups', {});
    expect(started).toMatchObject({ status: 202, body: { database: 'platform' } });
    backupId = started.body.id;
    const seen = await events(`/admin/backups/${backupId}/progress`);
    expect(seen.at(-1)).toMatchObject({ event: 'end', data: { id: backupId, state: 'succeeded' } });
    await ground.judged(backupId);
    const { body } = await ask('GET', '/admin/backups?database=platform&limit=1');
    expect(body).toMatchObject({ backups: [{ id: backupId, verdict: 'PROVEN', requested_by: anna }] });
    expect(await ask('GET', `/admin/backups/${backupId}`)).toMatchObject({
      body: { verdict: 'PROVEN', manifest: { tables: [{ name: 'a', rows: 100 }] } },
    });
    expect(await accesses(202)).toEqual([{ endpoint: '/admin/backups', outcome: 'success', actor: anna }]);
  });

  it('proves a backup again', async () => {
    const before = (await ask('GET', `/admin/backups/${backupId}`)).body as { verdict_at?: string };
    expect(await ask('POST', `/admin/backups/${backupId}/prove`)).toMatchObject({
      status: 202,
      body: { verdict: 'PROVEN', state: expect.stringMatching(/waiting|running/) },
    });
    await waitUntil(async () => {
      const now = (await ask('GET', `/admin/backups/${backupId}`)).body as { verdict_at?: string };
      return now.verdict_at !== before.verdict_at;
    });
  });

  it('restores in two steps: what was shown, by whom it was shown to, once, with the name typed', async () => {
    await source.pool.query('DELETE FROM a WHERE i > 10');
    const planned = await ask('POST', '/admin/restores', { backup_id: backupId });
    expect(planned).toMatchObject({
      status: 201,
      body: {
        restore: { state: 'planned', live_name: source.name, plan: { decision: 'go' } },
        approval: { step: 'restore', database: source.name, code: expect.any(String) },
      },
    });
    const { restore, approval } = planned.body as unknown as {
      restore: { id: string };
      approval: { code: string };
    };
    const path = `/admin/restores/${restore.id}/approve`;
    const { code } = approval;
    const typed = { code, database: source.name };
    const refusals: [string, Answer][] = [
      ['name_needed', await ask('POST', path, { code })],
      ['wrong_code', await ask('POST', path, { ...typed, code: 'guess' })],
      ['other_person', await ask('POST', path, typed, tokens.token({ scope: all }))],
    ];
    for (const [reason, answer] of refusals)
      expect(answer).toMatchObject({ status: 409, body: { code: 'restore_not_approved', reason } });
    expect(await rows()).toBe('10');

    expect(await ask('POST', path, typed)).toMatchObject({ status: 202, body: { asked: 'restore' } });
    expect((await events(`/admin/restores/${restore.id}/progress`)).at(-1)).toMatchObject({
      event: 'end',
      data: { state: 'restored', error: null },
    });
    expect(await rows()).toBe('100');
    expect(await ask('POST', path, typed)).toMatchObject({ body: { reason: 'nothing_to_approve' } });

    const undo = await ask('POST', `/admin/restores/${restore.id}/undo`);
    expect(undo).toMatchObject({ status: 201, body: { approval: { step: 'undo' } } });
    const second = (undo.body as unknown as { approval: { code: string } }).approval.code;
    expect(await ask('POST', path, { code: second, database: source.name })).toMatchObject({ status: 202 });
    await events(`/admin/restores/${restore.id}/progress`);
    expect(await rows()).toBe('10');
    const { rows: acts } = await ground.ops.pool.query<{ actor: string }>(
      `SELECT DISTINCT record::json ->> 'actor' AS actor FROM audit_event WHERE record::json -> 'operation' ->> 'id' = $1`,
      [restore.id],
    );
    expect(acts).toEqual([{ actor: anna }]);
  });

  it('takes no approval when something else would be done than was shown, or too late', async () => {
    const plan = async () =>
      (await ask('POST', '/admin/restores', { backup_id: backupId })).body as unknown as {
        restore: { id: string };
        approval: { code: string };
      };
    const stale = await plan();
    const path = `/admin/restores/${stale.restore.id}/approve`;
    const attempt = { code: stale.approval.code, database: source.name };
    await source.pool.query(`COMMENT ON DATABASE ${source.name} IS 'new'`);
    expect(await ask('POST', path, attempt)).toMatchObject({
      status: 409,
      body: { reason: 'stale', detail: expect.stringContaining(`COMMENT ON DATABASE`) },
    });
    expect(await ask('POST', path, attempt)).toMatchObject({ body: { reason: 'nothing_to_approve' } });

    const late = await plan();
    await ground.ops.pool.query(`UPDATE db_restore SET approval_until = now() WHERE id = $1`, [
      late.restore.id,
    ]);
    expect(
      await ask('POST', `/admin/restores/${late.restore.id}/approve`, {
        code: late.approval.code,
        database: source.name,
      }),
    ).toMatchObject({ body: { reason: 'expired' } });
    expect(await rows()).toBe('10');
  });

  it('refuses a restore that something stands against, with the plan that says what', async () => {
    expect(await ask('POST', '/admin/restores', { backup_id: backupId, into: source.name })).toMatchObject({
      status: 409,
      body: { code: 'restore_refused', plan: { obstacles: [{ kind: 'database_exists' }] } },
    });
    expect(await ask('POST', '/admin/restores', { backup_id: randomUUID() })).toMatchObject({ status: 404 });
  });

  it('is used as its guide says, line by line', async () => {
    const guide = await readFile(join(__dirname, '../../../docs/backups.md'), 'utf8');
    const lines = [...guide.matchAll(/^```bash\n([\s\S]*?)^```$/gm)].map(([, block]) => block).join('');
    const trial = `${source.name}_trial`;
    const script = `
      set -euo pipefail
      curl() { command curl --fail-with-body --connect-to localhost:8002:${new URL(service.adminUrl as string).host} "$@"; }
      ${lines.replaceAll('trial', trial)}`;
    const env = { ...process.env, TOKEN: tokens.token({ scope: all, sub: anna }) };
    const { stdout } = await promisify(execFile)('bash', ['-c', script], { env });
    expect(stdout).toContain('"state": "succeeded"');
    expect(stdout).toContain(`RENAME TO \\"${trial}\\"`);
    expect(stdout).toMatch(/event: end\ndata: .*"state":"restored"/);
    await source.pool.query(`DROP DATABASE ${trial} WITH (FORCE)`);
  });

  it('says what is wrong with a request', async () => {
    expect(await ask('POST', '/admin/backups', { database: 'nonsense' })).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', pointer: '/database' },
    });
    expect(await ask('POST', '/admin/backups', { command: 'x' })).toMatchObject({ status: 400 });
    expect(await ask('POST', '/admin/backups', { database: 'x'.repeat(10_000) })).toMatchObject({
      body: { code: 'payload_too_large' },
    });
    expect(await ask('GET', '/admin/backups?limit=0')).toMatchObject({ status: 400 });
    expect(await ask('GET', '/admin/backups?database=a%00')).toMatchObject({ status: 400 });
    expect(await ask('POST', '/admin/restores', { backup_id: backupId, into: 'a\0' })).toMatchObject({
      status: 400,
      body: { pointer: '/into' },
    });
    expect(await ask('GET', '/admin/backups/nonsense')).toMatchObject({ status: 404 });
    expect(await ask('GET', '/admin/nonsense')).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await ask('POST', `/admin/backups/${backupId}/cancel`)).toMatchObject({
      status: 409,
      body: { code: 'backup_not_in_state' },
    });
  });

  it('lets nobody in without the scope, and notes who tried', async () => {
    const reader = tokens.token({ scope: 'backups:read', sub: 'user:reader' });
    expect(await ask('GET', '/admin/restores', undefined, reader)).toMatchObject({ status: 200 });
    for (const [path, body] of [
      ['/admin/backups', {}],
      ['/admin/restores', { backup_id: backupId }],
    ] as const)
      expect(await ask('POST', path, body, reader)).toMatchObject({
        status: 403,
        body: { code: 'insufficient_scope' },
      });
    expect(await accesses(403)).toEqual([
      { endpoint: '/admin/backups', outcome: 'denied', actor: 'user:reader' },
      { endpoint: '/admin/restores', outcome: 'denied', actor: 'user:reader' },
    ]);
    const bad = [
      'nonsense',
      tokens.token({ scope: all, aud: 'another' }),
      tokens.token({ scope: all, exp: Math.floor(Date.now() / 1000) - 120 }),
    ];
    for (const token of bad)
      expect(await ask('GET', '/admin/backups', undefined, token)).toMatchObject({
        status: 401,
        body: { code: 'invalid_token' },
      });
    expect((await fetch(`${service.adminUrl}/admin/backups`)).status).toBe(401);
    expect(await service.metric('token_verifications_total{outcome="wrong_audience"}')).toBe(1);
  });

  it('ends a backup that is under way', async () => {
    await service.stop();
    const { rows: refused } = await ground.ops.pool.query<{ reason: string }>(
      `SELECT DISTINCT record::json ->> 'reason' AS reason FROM audit_event WHERE action = 'token_refused' ORDER BY 1`,
    );
    expect(refused.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(['expired', 'insufficient_scope', 'malformed', 'wrong_audience']),
    );
    odd = await makeOddPrograms(ground.folder, 'sleep 60', 'ready; exec sleep 60');
    service = await ground.start({
      BACKUP_TARGETS: targets(source.url),
      KEY_SET_TRUST: tokens.trust,
      PATH: odd.path,
      ADMIN_REQUESTS_PER_MINUTE: '40',
    });
    const { body } = await ask('POST', '/admin/backups', { database: 'platform' });
    await waitUntil(async () => (await ask('GET', `/admin/backups/${body.id}`)).body.state === 'running');
    expect(await ask('POST', `/admin/backups/${body.id}/cancel`)).toMatchObject({ status: 202 });
    expect((await events(`/admin/backups/${body.id}/progress`)).at(-1)).toMatchObject({
      data: { state: 'cancelled' },
    });
    expect(await ground.auditActions(body.id)).toContain('db_backup_cancelled');
  });

  it('ends a restore that is under way, with its pg_restore and the database that it fills', async () => {
    const request = { backup_id: backupId, into: `${source.name}_cancelled`, accept: ['not_proven'] };
    const { restore, approval } = (await ask('POST', '/admin/restores', request)).body as unknown as {
      restore: { id: string };
      approval: { code: string };
    };
    const path = `/admin/restores/${restore.id}`;
    expect(await ask('POST', `${path}/approve`, { code: approval.code })).toMatchObject({ status: 202 });
    const pid = await odd.pid();
    const reader = tokens.token({ scope: 'backups:read backups:write', sub: 'user:reader' });
    expect(await ask('POST', `${path}/cancel`, undefined, reader)).toMatchObject({ status: 403 });
    expect(await ask('POST', `${path}/cancel`)).toMatchObject({
      status: 202,
      body: { state: 'planned', phase: 'restoring', expected_bytes: expect.any(Number) },
    });
    expect((await events(`${path}/progress`)).at(-1)).toMatchObject({
      event: 'end',
      data: { state: 'cancelled', asked: null, phase: null, error: null },
    });
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    const left = await source.pool.query('SELECT FROM pg_database WHERE datname = ANY ($1)', [
      [request.into, `swfx_restore_${restore.id.replaceAll('-', '').slice(0, 12)}`],
    ]);
    expect(left.rowCount).toBe(0);
    const { rows: told } = await ground.ops.pool.query<{ actor: string }>(
      `SELECT record::json ->> 'actor' AS actor FROM audit_event
       WHERE action = 'db_restore_cancelled' AND record::json -> 'operation' ->> 'id' = $1`,
      [restore.id],
    );
    expect(told).toEqual([{ actor: anna }]);
    expect(await service.metric('db_restore_total{outcome="cancelled"}')).toBe(1);
    expect(await ask('POST', `${path}/cancel`)).toMatchObject({
      status: 409,
      body: { code: 'backup_not_in_state', detail: expect.stringContaining('over already (cancelled)') },
    });
  });

  it('answers no more than so many requests of one caller a minute', async () => {
    const answers = await Promise.all(
      Array.from({ length: 45 }, (_, n) => ask('GET', `/admin/backups?limit=${n + 1}`)),
    );
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThan(0);
    const noScope = tokens.token({ scope: 'nothing', sub: 'user:noisy' });
    await Promise.all(Array.from({ length: 45 }, () => ask('GET', '/admin/backups', undefined, noScope)));
    const noted = (await accesses(403)).filter(({ actor }) => actor === 'user:noisy');
    expect(noted.length).toBeLessThanOrEqual(40);
  });

  it('refuses at once whoever was cut off, and whatever a revoked key has signed', async () => {
    const gone = tokens.token({ scope: all, sub: 'user:gone' });
    expect(await ask('GET', '/admin/restores', undefined, gone)).toMatchObject({ status: 200 });
    await ground.ops.pool.query(
      `INSERT INTO token_cut_off VALUES ('user:gone', extract(epoch FROM now())::bigint + 2, now())`,
    );
    expect(await ask('GET', '/admin/restores', undefined, gone)).toMatchObject({ status: 401 });
    const other = tokens.token({ scope: all });
    await tokens.revoke();
    expect(await ask('GET', '/admin/restores', undefined, other)).toMatchObject({ status: 401 });
    await ground.ops.pool.query(`UPDATE key_set SET epoch = epoch + 1`);
    expect(await ask('GET', '/admin/restores', undefined, other)).toMatchObject({
      status: 503,
      body: { code: 'keys_unavailable' },
    });
  });
});
