import type { TaskOutcome } from '@swfx/messaging';
import { createTestDatabase, waitUntil, type TestDatabase } from '@swfx/testkit';
import { Client } from 'pg';
import { cancelRestore } from './catalogue/cancelled-restores';
import { observeCatalogue } from './catalogue/observe-catalogue';
import { askForStep, requestRestore } from './catalogue/restores';
import { readRestore } from './operator/follow-restore';
import { describeRestoreProgress } from './operator/describe-restore-progress';
import { dropMadeRoles, makeRole } from './restore/made-roles';
import { restorePhases } from './restore/restore-database';
import type { RestoreWork } from './restore/restore-work';
import { runRestore } from './restore/run-restore';
import { catalogueMetrics } from './testing/catalogue-metrics';
import { openTestWork } from './testing/open-test-work';
import { prepareGround, targets, type TestGround } from './testing/start-test-service';

/** A runner that is killed does nothing more, says nothing more, and holds its lease until that runs out. */
describe('a restore whose process is killed', () => {
  let ground: TestGround;
  let source: TestDatabase;
  let backupId: string;
  let opened: Awaited<ReturnType<typeof openTestWork>>;
  let work: RestoreWork;
  let server: Client;
  const never = new AbortController().signal;

  beforeAll(async () => {
    source = await createTestDatabase({ migrate: false });
    await source.pool.query('CREATE TABLE a (i int); INSERT INTO a SELECT generate_series(1, 100)');
    ground = await prepareGround();
    const service = await ground.start({ BACKUP_TARGETS: targets(source.url) });
    backupId = await ground.request();
    await ground.judged(backupId);
    await service.stop();
    opened = await openTestWork(ground, {
      targets: targets(source.url),
      metrics: ['db_restore_total', ...catalogueMetrics],
    });
    work = { ...opened.work, keepHours: 72, onPhase: async () => undefined };
    server = new Client({
      connectionString: Object.assign(new URL(source.url), { pathname: '/postgres' }).href,
    });
    await server.connect();
  });
  afterAll(async () => {
    await server.end();
    await opened.close();
    await source.drop();
    await ground.drop();
  });

  /** Rows of the live database as a newcomer sees them. */
  async function rows(): Promise<number> {
    const client = new Client({ connectionString: source.url });
    await client.connect();
    try {
      return Number((await client.query<{ n: string }>('SELECT count(*) AS n FROM a')).rows[0]?.n);
    } finally {
      await client.end();
    }
  }
  const aside = async (id: string) => {
    const short = id.replaceAll('-', '').slice(0, 12);
    const found = await server.query<{ name: string }>(
      'SELECT datname::text AS name FROM pg_database WHERE datname ~ $1 ORDER BY 1',
      [`^swfx_.*_${short}$`],
    );
    return found.rows.map(({ name }) => name.replace(`_${short}`, ''));
  };
  const state = async (id: string) =>
    (await ground.ops.pool.query('SELECT state, error FROM db_restore WHERE id = $1', [id])).rows[0];
  async function planned(): Promise<string> {
    await source.pool
      .query('DELETE FROM a WHERE i > 10')
      .catch(() => source.pool.query('DELETE FROM a WHERE i > 10'));
    const id = await requestRestore(ground.ops.pool, {
      backupId,
      database: 'platform',
      accepted: [],
      requestedBy: 'operator:test',
    });
    await runRestore(work, id, never);
    await askForStep(ground.ops.pool, id, { step: 'restore', by: 'operator:test' });
    return id;
  }
  /** What time does to the lease of the dead. */
  const expireLease = (id: string) =>
    ground.ops.pool.query(
      `UPDATE db_restore SET lease_until = now(), lease_owner = gen_random_uuid() WHERE id = $1`,
      [id],
    );

  /** Lets a runner die where a phase begins; it can be woken up, to find that its work is another's. */
  async function dieAt(phase: string, id: string): Promise<() => Promise<TaskOutcome>> {
    let wake: () => void = () => undefined;
    let reached = false;
    const grave = new Promise<void>((resolve) => (wake = resolve));
    const dead = runRestore(
      {
        ...work,
        onPhase: async (_, at) => {
          if (at !== phase) return;
          reached = true;
          await grave;
        },
      },
      id,
      never,
    );
    await waitUntil(() => reached);
    await expireLease(id);
    return () => {
      wake();
      return dead;
    };
  }

  it.each(restorePhases)(
    'while %s is made by whoever takes over, and the dead one changes nothing',
    async (phase) => {
      const id = await planned();
      const wakeTheDead = await dieAt(phase, id);
      expect(await rows()).toBe(10);
      expect(await runRestore(work, id, never)).toBe('success');
      expect(await state(id)).toEqual({ state: 'restored', error: null });
      expect(await rows()).toBe(100);
      expect(await aside(id)).toEqual(['swfx_before']);
      expect(await wakeTheDead()).toBe('skipped');
      expect(await rows()).toBe(100);
      expect(await aside(id)).toEqual(['swfx_before']);
      await server.query(`DROP DATABASE swfx_before_${id.replaceAll('-', '').slice(0, 12)}`);
    },
  );

  it('with the live database closed is made by whoever takes over, and opens it again', async () => {
    const id = await planned();
    const wakeTheDead = await dieAt('swapping', id);
    await server.query(`ALTER DATABASE ${source.name} ALLOW_CONNECTIONS false`);
    expect(await runRestore(work, id, never)).toBe('success');
    expect(await rows()).toBe(100);
    expect(await wakeTheDead()).toBe('skipped');
    expect(await rows()).toBe(100);
  });

  it('after the swap is entered by whoever takes over, and can be undone; an undo is taken over likewise', async () => {
    const id = await planned();
    await ground.ops.pool.query('ALTER TABLE audit_event RENAME TO audit_event_away');
    await ground.ops.pool.query(`CREATE TABLE audit_event (LIKE audit_event_away INCLUDING ALL,
      CHECK (action = 'db_restore_started'))`);
    await ground.ops.pool.query('GRANT SELECT, INSERT ON audit_event TO swfx_backup');
    await expect(runRestore(work, id, never)).rejects.toThrow('check constraint');
    expect(await state(id)).toMatchObject({ state: 'planned' });
    expect(await aside(id)).toEqual(['swfx_before']);
    await ground.ops.pool.query('DROP TABLE audit_event; ALTER TABLE audit_event_away RENAME TO audit_event');
    await expireLease(id);
    expect(await runRestore(work, id, never)).toBe('success');
    expect(await rows()).toBe(100);

    await askForStep(ground.ops.pool, id, { step: 'undo', by: 'operator:test' });
    const wakeTheDead = await dieAt('swapping', id);
    expect(await runRestore(work, id, never)).toBe('success');
    expect(await state(id)).toEqual({ state: 'undone', error: null });
    expect(await rows()).toBe(10);
    expect(await wakeTheDead()).toBe('skipped');
    expect(await rows()).toBe(10);
    expect(await aside(id)).toEqual(['swfx_restore']);
  });

  /** Keeps the renaming of the live database waiting, and ends the session that waits. */
  async function loseSessionInSwap(work: () => Promise<unknown>): Promise<unknown> {
    const holder = new Client({
      connectionString: Object.assign(new URL(source.url), { pathname: '/postgres' }).href,
    });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query(`COMMENT ON DATABASE ${source.name} IS 'held'`);
    const outcome = work();
    await waitUntil(async () => {
      const { rowCount } = await server.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ 'RENAME' AND query ~ $1`,
        [source.name],
      );
      return rowCount !== 0;
    });
    await holder.query('ROLLBACK');
    await holder.end();
    return outcome;
  }

  it('that loses its session to the server in the swap goes on, and leaves nobody before a closed door', async () => {
    const id = await planned();
    expect(await loseSessionInSwap(() => runRestore(work, id, never))).toBe('retry');
    await expireLease(id);
    expect(await runRestore(work, id, never)).toBe('success');
    expect(await state(id)).toEqual({ state: 'restored', error: null });
    expect(await rows()).toBe(100);

    await askForStep(ground.ops.pool, id, { step: 'undo', by: 'operator:test' });
    expect(await loseSessionInSwap(() => runRestore(work, id, never))).toBe('retry');
    await expireLease(id);
    expect(await runRestore(work, id, never)).toBe('success');
    expect(await state(id)).toEqual({ state: 'undone', error: null });
    expect(await rows()).toBe(10);
  });

  it('is ended by whoever takes over where somebody has cancelled it meanwhile', async () => {
    const id = await planned();
    const wakeTheDead = await dieAt('comparing', id);
    expect(await cancelRestore(ground.ops.pool, id, 'operator:test')).toBe(true);
    expect(await runRestore(work, id, never)).toBe('skipped');
    expect(await state(id)).toEqual({ state: 'cancelled', error: null });
    expect(await aside(id)).toEqual([]);
    expect(await wakeTheDead()).toBe('skipped');
    expect(await aside(id)).toEqual([]);
    expect(await rows()).toBe(10);
  });

  it('has marked the roles that it made, so that whoever ends it drops those, and keeps what is needed by now', async () => {
    const role = (name: string) => `${source.name} "${name}"`;
    const marked = `swfx_restore_of_${source.name}`;
    const left = async () =>
      (
        await server.query<{ name: string }>(
          'SELECT rolname::text AS name FROM pg_roles WHERE starts_with(rolname, $1) ORDER BY 1',
          [`${source.name} `],
        )
      ).rows.map(({ name }) => name);
    const drop = (name: string) => server.query(`DROP ROLE ${server.escapeIdentifier(role(name))}`);
    await server.query(`CREATE ROLE ${server.escapeIdentifier(role('there'))} NOLOGIN`);
    for (const name of ['free', 'there', 'used']) await makeRole(server, role(name), marked);
    const grant = `CREATE ON DATABASE ${source.name}`;
    await server.query(`GRANT ${grant} TO ${server.escapeIdentifier(role('used'))}`);
    await dropMadeRoles(server, marked);
    expect(await left()).toEqual([role('there'), role('used')]);
    await server.query(`REVOKE ${grant} FROM ${server.escapeIdentifier(role('used'))}`);
    await drop('there');
    await drop('used');
  });

  it('has shown to the end how far it was, to people and as a metric', async () => {
    const id = await planned();
    const wakeTheDead = await dieAt('restoring', id);
    await ground.ops.pool.query(
      `UPDATE db_restore SET phase_started_at = now() - interval '10 s', lease_until = now() + interval '20 s',
              restored_bytes = (SELECT (manifest -> 'dump' ->> 'dumped_bytes')::bigint / 4 FROM backup
                                WHERE backup.id = backup_id) WHERE id = $1`,
      [id],
    );
    const report = await readRestore(ground.ops.pool, id);
    expect(report && describeRestoreProgress('platform', report)).toMatch(
      /^platform: restoring, .* read, 25 %, .*\/s, about 3\d s left$/,
    );
    const rules = [
      {
        database: 'platform',
        schedule: { cron: '0 2 * * *', timezone: 'UTC', jitterSeconds: 0, blackouts: [] },
      },
    ];
    const gauges = observeCatalogue({ ...work, storages: [work.storage], copyPlace: undefined, rules });
    const shown = async () => {
      await gauges.refresh();
      const names = ['progress_ratio', 'running_bytes_per_second', 'running_remaining_seconds'];
      return Promise.all(names.map((name) => opened.metric(`db_restore_${name}{database="platform"}`)));
    };
    const [ratio, rate, left] = await shown();
    expect(ratio).toBeCloseTo(0.25, 2);
    expect(rate).toBeCloseTo(Number(report?.restored_bytes) / 10, 0);
    expect(left).toBeCloseTo(30, 0);

    await cancelRestore(ground.ops.pool, id, 'operator:test');
    await expireLease(id);
    expect(await runRestore(work, id, never)).toBe('skipped');
    expect(await wakeTheDead()).toBe('skipped');
    expect(await shown()).toEqual([0, 0, 0]);
    await gauges.stop();
  });

  it('is not needed to end one: until the swap begins it can be cancelled, and nothing of it is left', async () => {
    const cancelAt = async (phase: string) => {
      const id = await planned();
      let taken: boolean | undefined;
      const onPhase = async (_: string, at: string) => {
        if (at === phase) taken = await cancelRestore(ground.ops.pool, id, 'operator:test');
      };
      const outcome = await runRestore({ ...work, onPhase }, id, never);
      return { id, taken, outcome };
    };
    const before = await opened.metric('db_restore_total{outcome="cancelled"}');
    const phases = restorePhases.filter((phase) => phase !== 'swapping');
    for (const phase of phases) {
      const { id, taken, outcome } = await cancelAt(phase);
      expect({ phase, taken, outcome }).toEqual({ phase, taken: true, outcome: 'skipped' });
      expect(await state(id)).toEqual({ state: 'cancelled', error: null });
      expect(await aside(id)).toEqual([]);
      expect(await rows()).toBe(10);
    }
    const counted = await opened.metric('db_restore_total{outcome="cancelled"}');
    expect(counted - before).toBe(phases.length);

    const { id, taken, outcome } = await cancelAt('swapping');
    expect({ taken, outcome }).toEqual({ taken: false, outcome: 'success' });
    expect(await rows()).toBe(100);
    await server.query(`DROP DATABASE swfx_before_${id.replaceAll('-', '').slice(0, 12)}`);
  });

  it('again and again is given up, leaves the live database open, and is told to people', async () => {
    const id = await planned();
    await ground.ops.pool.query(
      `UPDATE db_restore SET attempt = 5, phase = 'swapping', lease_owner = gen_random_uuid(), lease_until = now() WHERE id = $1`,
      [id],
    );
    expect(await runRestore(work, id, never)).toBe('failure');
    expect(await state(id)).toMatchObject({
      state: 'failed',
      error: expect.stringContaining('begun 5 times'),
    });
    expect(await rows()).toBe(10);
    const { rows: alerts } = await ground.ops.pool.query(
      `SELECT kind, severity FROM alert WHERE status = 'firing'`,
    );
    expect(alerts).toEqual([{ kind: 'restore_failed', severity: 'critical' }]);
  });
});
