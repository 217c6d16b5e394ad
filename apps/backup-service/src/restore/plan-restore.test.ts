import { databaseNames } from './database-names';
import { planChange, planRestore, type RestoreFacts, type RestoreWish } from './plan-restore';

const facts: RestoreFacts = {
  backup: {
    id: 'b',
    takenAt: '2026-11-27T02:00:00Z',
    verdict: 'PROVEN',
    database: 'platform',
    serverMajor: 15,
    sizeBytes: 1e9,
    roles: ['app'],
    extensions: ['plpgsql'],
  },
  server: {
    host: 'db',
    port: 5432,
    major: 15,
    hasClient: true,
    roles: ['app'],
    extensions: ['plpgsql'],
    freeBytes: 5e9,
    maySwap: true,
  },
  database: {
    name: 'shop',
    properties: {
      owner: 'app',
      encoding: 'UTF8',
      collate: 'C',
      ctype: 'C',
      provider: 'c',
      locale: null,
      tablespace: 'pg_default',
      connectionLimit: -1,
      comment: null,
      grants: null,
      settings: [],
    },
    sizeBytes: 1.2e9,
    isOps: false,
    sessions: [{ role: 'app', application: 'web', count: 3 }],
    slots: [],
    subscriptions: [],
    preparedTransactions: [],
    poolers: [],
  },
};
const names = databaseNames('0190a0b0-1234-7000-8000-000000000000', 'shop');
const swap: RestoreWish = { mode: 'swap', names, accepted: [], keepHours: 72 };
const into: RestoreWish = { ...swap, mode: 'into' };
const kinds = (plan: ReturnType<typeof planRestore>) => plan.obstacles.map(({ kind }) => kind);
const server = (change: Partial<RestoreFacts['server']>) => ({
  ...facts,
  server: { ...facts.server, ...change },
});
const database = (change: Partial<RestoreFacts['database']>) => ({
  ...facts,
  database: { ...facts.database, ...change },
});
const backup = (change: Partial<RestoreFacts['backup']>) => ({
  ...facts,
  backup: { ...facts.backup, ...change },
});

describe('planRestore', () => {
  it('goes where nothing stands against it, and says what it will do, whom it ends and what it keeps', () => {
    const plan = planRestore(facts, swap);
    expect(plan).toMatchObject({ decision: 'go', obstacles: [] });
    expect(plan.steps.slice(-3)).toEqual([
      'ALTER DATABASE "shop" RENAME TO "swfx_before_0190a0b01234"',
      'ALTER DATABASE "swfx_restore_0190a0b01234" RENAME TO "shop"',
      'keep swfx_before_0190a0b01234 for 72 hours, then drop it',
    ]);
    expect(plan.notes).toContain('roles: app; extensions: plpgsql');
    expect(plan.notes).toContain('3 sessions will be ended at the swap: 3 × app (web)');
    expect(plan.notes).toContain('needs 1000.0 MB beside the 1200.0 MB that are there; 5000.0 MB free');
  });

  it.each([
    ['replication_slots', database({ slots: ['cdc'] }), 'cdc'],
    ['subscriptions', database({ subscriptions: ['from_shop'] }), 'from_shop'],
    ['poolers', database({ poolers: ['pgbouncer'] }), 'pgbouncer'],
    ['missing_roles', server({ roles: [] }), 'app'],
    ['not_proven', backup({ verdict: 'NOT_YET' }), 'NOT_YET'],
  ])('refuses because of %s and names it, unless told otherwise', (kind, given, named) => {
    const refused = planRestore(given, swap);
    expect(refused.decision).toBe('refuse');
    expect(refused.obstacles).toEqual([{ kind, acceptable: true, sentence: expect.stringContaining(named) }]);
    const accepted = planRestore(given, { ...swap, accepted: [kind] });
    expect(accepted.decision).toBe('go');
    expect(accepted.notes.join()).toContain('accepted: ');
  });

  it.each([
    ['ops_database', database({ isOps: true })],
    ['not_permitted', server({ maySwap: false })],
    ['server_older', server({ major: 14 })],
    ['client_missing', server({ hasClient: false })],
    ['missing_extensions', server({ extensions: [] })],
    ['no_space', server({ freeBytes: 1e9 })],
    ['prepared_transactions', database({ preparedTransactions: ['transfer'] })],
    ['no_database', database({ properties: undefined })],
    ['bad_backup', backup({ verdict: 'CORRUPT' })],
  ])('refuses because of %s whatever is accepted', (kind, given) => {
    const plan = planRestore(given, { ...swap, accepted: [kind] });
    expect(plan.decision).toBe('refuse');
    expect(kinds(plan)).toEqual([kind]);
  });

  it('does not hold a disk that it cannot see against the restore', () => {
    expect(planRestore(server({ freeBytes: undefined }), swap).decision).toBe('go');
  });

  it('makes a database of another name only where that name is free, and swaps nothing', () => {
    expect(kinds(planRestore(facts, into))).toEqual(['database_exists']);
    const plan = planRestore(database({ name: 'trial', properties: undefined }), into);
    expect(plan.decision).toBe('go');
    expect(plan.steps.at(-1)).toBe('ALTER DATABASE "swfx_restore_0190a0b01234" RENAME TO "trial"');
    expect(kinds(planRestore(database({ name: 'ä'.repeat(32), properties: undefined }), into))).toEqual([
      'name_not_usable',
    ]);
  });
});

describe('planChange', () => {
  const approved = planRestore(facts, swap);

  it('does not mind what comes and goes: sessions, sizes, free space', () => {
    const busy = database({ sessions: [], sizeBytes: 2e9 });
    const later = { ...busy, server: { ...busy.server, freeBytes: 4e9 } };
    expect(planChange(approved, planRestore(later, swap))).toBeUndefined();
  });

  it('does not mind that a backup was proven meanwhile', () => {
    const early = { ...facts, backup: { ...facts.backup, verdict: 'NOT_YET' } };
    const accepting: RestoreWish = { ...swap, accepted: ['not_proven'] };
    expect(planChange(planRestore(early, accepting), planRestore(facts, accepting))).toBeUndefined();
  });

  it('says what would be done otherwise, or what stands in the way by now', () => {
    const limited = database({ properties: { ...facts.database.properties!, connectionLimit: 5 } });
    expect(planChange(approved, planRestore(limited, swap))).toContain('CONNECTION LIMIT 5');
    const slot = planRestore(database({ slots: ['late'] }), { ...swap, accepted: ['replication_slots'] });
    expect(planChange(approved, slot)).toMatch(/^now: accepted: .*late$/);
    const spoiled = planRestore({ ...facts, backup: { ...facts.backup, verdict: 'CORRUPT' } }, swap);
    expect(planChange(approved, spoiled)).toContain('now: the backup is CORRUPT');
  });
});
