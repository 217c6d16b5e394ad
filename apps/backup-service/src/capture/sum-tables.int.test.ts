import { createTestDatabase, type TestDatabase } from '@swfx/testkit';
import type { Client } from 'pg';
import { openSession } from '../postgres-client/open-session';
import { parseServerAddress } from '../postgres-client/server-address';
import { createPace } from './pace';
import { readTableContents, type TableContent } from './sum-tables';

describe('the sums over a table', () => {
  let database: TestDatabase;
  let session: Client;

  beforeAll(async () => {
    database = await createTestDatabase({ migrate: false });
    const parsed = parseServerAddress(database.url);
    if (!parsed.ok) throw new Error(parsed.problem);
    session = await openSession(parsed.address, new AbortController().signal);
    await session.query(`CREATE TYPE public.mood AS ENUM ('sad', 'fine'); CREATE DOMAIN public.size AS int8;
      CREATE TYPE public.pair AS (a int, b text)`);
  });
  afterEach(() => session.query('DROP TABLE IF EXISTS public.t, public.u'));
  afterAll(async () => {
    await session.end();
    await database.drop();
  });

  const t = [{ schema: 'public', name: 't' }];
  async function sums(version: 1 | 2, options: { sliceBytes?: number } = {}): Promise<TableContent> {
    const [content] = await readTableContents([session], t, { level: 'full', version, ...options });
    return content as TableContent;
  }

  // Versions 1 and 2, as they are in manifests that lie in storages: a change to them is a new version.
  it.each([
    [1, ['-4609359668020247828', '20067457232874796028']],
    [2, ['-7477049057643871142', '1959025791136772822']],
  ] as const)('of version %s are what they have always been', async (version, expected) => {
    await session.query(`CREATE TABLE public.t (id bigint, name text, at timestamptz, exact numeric, doc jsonb, tags text[]);
      INSERT INTO public.t VALUES (1, 'a', '2026-01-01', 1.50, '{"a": 1}', '{x,NULL}'), (2, NULL, 'infinity', 'NaN', '[]', '{}'),
                                  (5000000000, 'ä', '0044-03-15 BC', -7, NULL, NULL)`);
    expect(await sums(version)).toMatchObject({ rows: 3, sums: expected });
  });

  describe.each([1, 2] as const)('of version %s', (version) => {
    it.each([
      ['bigint', '1', '4294967296'],
      ['bigint', '-1', '4294967295'],
      ['public.size', '1', '4294967296'],
      ['timestamptz', '2026-01-01 00:00:00Z', '2026-01-01 01:11:34.967296Z'],
      ['timestamp', 'infinity', '-infinity'],
      ['date', '0001-01-01', '0001-01-01 BC'],
      ['numeric', '1.0', '1.00'],
      ['numeric', 'NaN', 'Infinity'],
      ['numeric', 'Infinity', '-Infinity'],
      ['float8', '0', '-0'],
      ['float8', 'NaN', 'Infinity'],
      ['float4', '0.1', '0.10000001'],
      ['text', '', null],
      ['text', 'a', 'a '],
      ['text', 'ä', 'a\u0308'],
      ['varchar(9)', 'a', 'A'],
      ['char(3)', 'a', 'b'],
      ['bytea', '\\x00', '\\x0000'],
      ['boolean', 'true', 'false'],
      ['uuid', '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000001'],
      ['json', '{"a":1}', '{"a": 1}'],
      ['json', '{"a":1,"a":2}', '{"a":2}'],
      ['jsonb', '{"a":1.0}', '{"a":1.00}'],
      ['interval', '1 day', '24 hours'],
      ['text[]', '{NULL}', '{"NULL"}'],
      ['int[]', '{1,2}', '[0:1]={1,2}'],
      ['int4range', '[1,3)', '[1,4)'],
      ['public.mood', 'sad', 'fine'],
      ['public.pair', '(1,)', '(1,"")'],
      ['inet', '10.0.0.1', '10.0.0.1/8'],
      ['xml', '<a/>', '<a></a>'],
      ['tsvector', 'a:1', 'a:2'],
      ['money', '1.00', '1.01'],
      ['"char"', 'a', 'b'],
    ])('tell a %s that is %j from one that is %j', async (type, one, other) => {
      await session.query(`CREATE TABLE public.t (v ${type})`);
      await session.query('INSERT INTO public.t VALUES ($1)', [one]);
      const before = await sums(version);
      expect(await sums(version)).toEqual(before);
      await session.query('UPDATE public.t SET v = $1', [other]);
      const after = await sums(version);
      expect(after.rows).toBe(1);
      expect([after.sums?.[0] === before.sums?.[0], after.sums?.[1] === before.sums?.[1]]).toEqual([
        false,
        false,
      ]);
    });

    it('are the same in whatever order rows and columns lie, and others when two rows swap a value', async () => {
      await session.query(`CREATE TABLE public.t (a int, b bigint, c text);
        INSERT INTO public.t SELECT i, i * 7, 'x' || i FROM generate_series(1, 99) i`);
      const before = await sums(version);
      await session.query(`CREATE TABLE public.u (c text, b bigint, gone int, a int);
        ALTER TABLE public.u DROP gone; INSERT INTO public.u (a, b, c) SELECT a, b, c FROM public.t ORDER BY a DESC;
        DROP TABLE public.t; ALTER TABLE public.u RENAME TO t`);
      expect(await sums(version)).toEqual(before);
      await session.query(`UPDATE public.t SET c = CASE a WHEN 1 THEN 'x2' ELSE 'x1' END WHERE a IN (1, 2)`);
      expect((await sums(version)).sums).not.toEqual(before.sums);
    });

    it('miss nothing and count nothing twice when a table is read in slices, by several sessions', async () => {
      await session.query(`CREATE TABLE public.t (a int, b text);
        INSERT INTO public.t SELECT i, repeat('x', 500) FROM generate_series(1, 400) i; DELETE FROM public.t WHERE a > 390`);
      const whole = await sums(version);
      expect(whole.rows).toBe(390);
      for (const sliceBytes of [1, 8_192, 50_000]) expect(await sums(version, { sliceBytes })).toEqual(whole);
      const options = { level: 'full', version, sliceBytes: 8_192 } as const;
      expect(await readTableContents([session, session], t, options)).toEqual([whole]);
    });

    it('of a table without columns, or without rows, are there too', async () => {
      await session.query('CREATE TABLE public.t ()');
      expect(await sums(version)).toMatchObject({ rows: 0, sums: ['0', '0'] });
      await session.query('INSERT INTO public.t DEFAULT VALUES');
      expect(await sums(version)).toMatchObject({ rows: 1 });
    });
  });

  it('are read no faster than a budget allows, in pieces between which there is a pause', async () => {
    await session.query(`CREATE TABLE public.t AS SELECT repeat('x', 1000) FROM generate_series(1, 800)`);
    const clock = { ms: 0, now: () => clock.ms, wait: async (ms: number) => void (clock.ms += ms) };
    const { rows } = await session.query<{ bytes: string }>(`SELECT pg_table_size('public.t') AS bytes`);
    const bytes = Number((rows[0] as { bytes: string }).bytes);
    const pace = createPace(100_000, clock);
    const options = { level: 'full', version: 2, pace, sliceBytes: 100_000 } as const;
    expect(await readTableContents([session], t, options)).toMatchObject([{ rows: 800 }]);
    // All but the last piece have been paid for.
    expect(clock.ms).toBeGreaterThanOrEqual((1000 * (bytes - 110_000)) / 100_000);
  });
});
