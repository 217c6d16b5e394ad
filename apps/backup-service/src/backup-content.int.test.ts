import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findPostgresPrograms, startThrowawayPostgres, type PostgresServer } from '@swfx/postgres-server';
import { createTestDatabase, waitUntil, type TestDatabase } from '@swfx/testkit';
import pg from 'pg';
import { requestProof } from './catalogue/proofs';
import { listTables } from './capture/list-tables';
import { readTableContents } from './capture/sum-tables';
import { openSession } from './postgres-client/open-session';
import { driverConfig, parseServerAddress, type ServerAddress } from './postgres-client/server-address';
import { findExpansion } from './programs/find-compression';
import { judgeContent, proveBackup } from './prove/prove-backup';
import { readRestored, readThrough } from './prove/read-restored';
import { restoreDump } from './prove/restore-dump';
import { throwawayGround, type ProofGround } from './prove/proof-ground';
import { applyProperties, prepareScratch } from './prove/scratch-database';
import { chooseKeys } from './seal/backup-keys';
import { fingerprintOf, parseManifest, type Manifest } from './seal/manifest';
import { openLocalStorage } from './storage/local-storage';
import { fillHostileDatabase, fillOddDatabase, hostileNames } from './testing/odd-database';
import { fillZoo, setProperties } from './testing/zoo-database';
import { prepareGround, targets, type TestGround, type TestService } from './testing/start-test-service';

const never = new AbortController().signal;
const noKeys = chooseKeys({});
const table = (manifest: Manifest, name: string) => manifest.tables.find((one) => one.name === name)?.rows;

function addressOf(url: string): ServerAddress {
  const parsed = parseServerAddress(url);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.address;
}

function flipMiddle(bytes: Buffer): Buffer {
  const middle = bytes.length >> 1;
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  return bytes;
}

describe('what a backup holds', () => {
  let ground: TestGround;
  let source: TestDatabase;
  let service: TestService;

  beforeAll(async () => {
    ground = await prepareGround();
    source = await createTestDatabase({ migrate: false });
    await fillOddDatabase(source.pool);
    service = await ground.start({ BACKUP_TARGETS: targets(source.url) });
  });
  afterAll(async () => {
    await service.stop();
    await source.drop();
    await ground.drop();
  });

  async function takeBackup(): Promise<{ id: string; folder: string; manifest: Manifest }> {
    const id = await ground.request();
    const run = await ground.ended(id);
    expect(run).toMatchObject({ state: 'succeeded', error: null });
    const { rows } = await ground.ops.pool.query<{ location: string }>(
      'SELECT location FROM backup WHERE id = $1',
      [id],
    );
    const folder = join(ground.backupDir, (rows[0] as { location: string }).location);
    const parsed = parseManifest(await readFile(join(folder, 'manifest.json'), 'utf8'), undefined);
    if (!parsed.ok) throw new Error(parsed.problem);
    return { id, folder, manifest: parsed.manifest };
  }

  it('is every table with its rows, whatever it is called, and restores to the same', async () => {
    const { id, folder, manifest } = await takeBackup();
    expect(manifest.tables.map(({ schema, name, rows }) => ({ schema, name, rows }))).toEqual(
      [
        { schema: 'Süd Ost', name: `it's "quoted" \\ Tabelle`, rows: 321 },
        { schema: 'public', name: 'Order', rows: 100 },
        { schema: 'public', name: 'User', rows: 100 },
        { schema: 'public', name: 'empty_one', rows: 0 },
        { schema: 'public', name: 'empty_two', rows: 0 },
        { schema: 'public', name: 'large', rows: 3 },
        { schema: 'public', name: 'parts_2025', rows: 30 },
        { schema: 'public', name: 'parts_2026', rows: 30 },
      ].sort((a, b) => (a.schema < b.schema ? -1 : a.schema > b.schema ? 1 : a.name < b.name ? -1 : 1)),
    );
    expect(await readdir(folder)).toEqual(['dump.pgdump.zst', 'manifest.json']);
    expect(await ground.judged(id)).toMatchObject({ verdict: 'PROVEN', verdict_reason: null });
    expect(await ground.auditActions(id)).toEqual([
      'db_backup_started',
      'db_backup_succeeded',
      'db_backup_proven',
    ]);
  });

  it('is what was there when its snapshot was taken, while others go on writing', async () => {
    await source.pool.query('CREATE TABLE ledger (id bigserial PRIMARY KEY, pair int, side text)');
    let writing = true;
    let written = 0;
    const writer = (async () => {
      for (; writing; written += 1)
        await source.pool.query(`INSERT INTO ledger (pair, side) VALUES ($1, 'debit'), ($1, 'credit')`, [
          written,
        ]);
    })();
    await waitUntil(() => written > 50);
    const { id, manifest } = await takeBackup();
    writing = false;
    await writer;
    const rows = table(manifest, 'ledger') as number;
    expect(rows).toBeGreaterThan(100);
    expect(rows % 2).toBe(0);
    expect(await ground.judged(id)).toMatchObject({ verdict: 'PROVEN' });
    await source.pool.query('DROP TABLE ledger');
  });

  it('restores with roles that only the source knows, and lets in nobody by them', async () => {
    const role = `odd "role" ${source.name}`;
    const quotedRole = `"${role.replaceAll('"', '""')}"`;
    await source.pool.query(`CREATE ROLE ${quotedRole}`);
    await source.pool.query(`CREATE TABLE granted (a int); GRANT SELECT ON granted TO ${quotedRole}`);
    const { id, manifest } = await takeBackup();
    expect(manifest.source.roles).toContain(role);
    expect(await ground.judged(id)).toMatchObject({ verdict: 'PROVEN' });
    await source.pool.query(`DROP TABLE granted; DROP ROLE ${quotedRole}`);
  });

  it('needs no more of its own login than to read everything', async () => {
    const reader = await source.urlAs('pg_read_all_data');
    await source.pool.query(`ALTER ROLE "${new URL(reader).username}" BYPASSRLS`);
    const other = await prepareGround();
    const second = await other.start({ BACKUP_TARGETS: targets(reader) });
    const id = await other.request();
    expect(await other.ended(id)).toMatchObject({ state: 'succeeded', error: null });
    expect(await other.judged(id)).toMatchObject({ verdict: 'PROVEN' });
    await second.stop();
    await other.drop();
  });

  it('is never less than all rows: a login from whom row security hides some fails', async () => {
    await source.pool.query(`CREATE TABLE hidden (a int); INSERT INTO hidden VALUES (1);
      ALTER TABLE hidden ENABLE ROW LEVEL SECURITY`);
    const other = await prepareGround();
    const reader = await source.urlAs('swfx_gateway');
    const { username } = new URL(reader);
    await source.pool.query(`GRANT pg_read_all_data TO "${username}"`);
    const second = await other.start({ BACKUP_TARGETS: targets(reader), BACKUP_MAX_ATTEMPTS: '1' });
    expect(await other.ended(await other.request())).toMatchObject({
      reason: 'dump_failed',
      error: expect.stringContaining('row-level security'),
    });
    await second.stop();
    await other.drop();
    await source.pool.query('DROP TABLE hidden');
  });

  it('is proven too where databases and all in them have hostile names, and where there are no tables at all', async () => {
    const name = `it's "\\ host=x\n\t%20 ${hostileNames[1]?.slice(0, 30)}`;
    await source.pool.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE template0`);
    const empty = await createTestDatabase({ migrate: false });
    const url = Object.assign(new URL(source.url), { pathname: `/${encodeURIComponent(name)}` }).href;
    const hostile = new pg.Pool(driverConfig(addressOf(url)));
    await fillHostileDatabase(hostile);
    await hostile.end();
    const other = await prepareGround();
    const both = [
      { name: 'hostile', url },
      { name: 'empty', url: empty.url },
    ];
    const second = await other.start({ BACKUP_TARGETS: JSON.stringify(both) });
    const ids = await Promise.all(both.map((target) => other.request(target.name)));
    for (const id of ids) {
      expect(await other.ended(id)).toMatchObject({ state: 'succeeded', error: null });
      expect(await other.judged(id)).toMatchObject({ verdict: 'PROVEN', verdict_reason: null });
    }
    const { rows } = await other.ops.pool.query<{ tables: object[] }>(
      `SELECT manifest -> 'tables' AS tables FROM backup ORDER BY database DESC`,
    );
    expect(rows.map(({ tables }) => tables.length)).toEqual([hostileNames.length, 0]);
    await second.stop();
    await other.drop();
    await empty.drop();
    await source.pool.query(`DROP DATABASE ${pg.escapeIdentifier(name)}`);
  });

  describe('its proof', () => {
    async function judgedAfter(tamper: (folder: string, manifest: Manifest) => Promise<void>) {
      await ground.ops.pool.query(`ALTER TABLE backup ALTER proof_due_at SET DEFAULT 'infinity'`);
      const { id, folder, manifest } = await takeBackup();
      await tamper(folder, manifest);
      await ground.ops.pool.query('UPDATE backup SET proof_due_at = now() WHERE id = $1', [id]);
      await ground.ops.pool.query('ALTER TABLE backup ALTER proof_due_at SET DEFAULT now()');
      return { id, ...(await ground.judged(id)) };
    }
    let spoiled: ReturnType<typeof takeBackup> | undefined;
    const dumpOf = (folder: string) => join(folder, 'dump.pgdump.zst');

    it('fails when a table had one row more than comes back, and people are told', async () => {
      const result = await judgedAfter(async (folder, manifest) => {
        const tables = manifest.tables.map((one) => (one.name === 'User' ? { ...one, rows: 101 } : one));
        await writeFile(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, tables }));
      });
      expect(result).toMatchObject({
        verdict: 'CONTENT_DIFFERS',
        verdict_reason: '"public"."User" has 100 rows, 101 were dumped',
      });
      expect(await ground.auditActions(result.id)).toContain('db_backup_proof_failed');
      const { rows } = await ground.ops.pool.query(
        `SELECT severity, incident FROM alert WHERE context ->> 'backup_id' = $1 AND incident LIKE 'backup-proof:%'`,
        [result.id],
      );
      expect(rows).toEqual([{ severity: 'critical', incident: 'backup-proof:platform' }]);
    });

    it.each([
      ['one byte differs', flipMiddle],
      ['the last byte is missing', (bytes: Buffer) => bytes.subarray(0, -1)],
      ['nothing is left', () => Buffer.alloc(0)],
    ])('fails when the stored bytes are not those that were written: %s', async (_, change) => {
      const { folder } = await (spoiled ??= takeBackup());
      const whole = await readFile(dumpOf(folder));
      await writeFile(dumpOf(folder), change(Buffer.from(whole)));
      const settings = {
        storage: await openLocalStorage(folder),
        path: process.env['PATH'] ?? '',
        scratchFolder: undefined,
        proofServer: undefined,
        keys: noKeys,
      };
      const result = await proveBackup({ location: '.' }, settings, never);
      await writeFile(dumpOf(folder), whole);
      expect(result).toMatchObject({
        verdict: 'CORRUPT',
        reason: expect.stringContaining('not those that were written'),
      });
    });

    it('calls a manifest that cannot be read corrupt', async () => {
      const result = await judgedAfter((folder) => writeFile(join(folder, 'manifest.json'), '{"format":'));
      expect(result).toMatchObject({ verdict: 'CORRUPT', verdict_reason: 'the manifest is not JSON' });
    });

    it('says that it cannot be made here when the machine lacks an extension, and does not call that corrupt', async () => {
      const result = await judgedAfter(async (folder, manifest) => {
        const extensions = [...manifest.source.extensions, { name: 'postgis', version: '3.4' }];
        const changed = { ...manifest, source: { ...manifest.source, extensions } };
        await writeFile(join(folder, 'manifest.json'), JSON.stringify(changed));
      });
      expect(result).toMatchObject({
        verdict: 'CANNOT_VERIFY_HERE',
        verdict_reason: expect.stringContaining('postgis'),
      });
      const { rows } = await ground.ops.pool.query(
        `SELECT severity FROM alert WHERE context ->> 'backup_id' = $1 AND incident LIKE 'backup-proof:%'`,
        [result.id],
      );
      expect(rows).toEqual([{ severity: 'warning' }]);
    });

    it('leaves one that was proven as it was when it cannot be made again here, and says so', async () => {
      const { id, folder, manifest } = await takeBackup();
      await ground.judged(id);
      const extensions = [...manifest.source.extensions, { name: 'postgis', version: '3.4' }];
      const changed = { ...manifest, source: { ...manifest.source, extensions } };
      await writeFile(join(folder, 'manifest.json'), JSON.stringify(changed));
      await requestProof(ground.ops.pool, { id, requestedBy: 'operator:test' });
      const { rows } = await waitUntil(async () => {
        const found = await ground.ops.pool.query(
          'SELECT verdict, verdict_reason AS reason FROM backup WHERE id = $1 AND proof_requested_by IS NULL',
          [id],
        );
        return found.rowCount === 1 && found;
      });
      const reason = expect.stringMatching(/^it could not be proven again: .*postgis/);
      expect(rows).toEqual([{ verdict: 'PROVEN', reason }]);
      expect(await ground.auditActions(id)).toContain('db_backup_proof_failed');
    });
  });

  describe('restored by hand', () => {
    let server: PostgresServer;
    let manifest: Manifest;
    let proofGround: ProofGround;
    let address: ServerAddress;
    let folder: string;
    beforeAll(async () => {
      const role = `${source.name}_keeper`;
      await source.pool.query(`CREATE ROLE ${role}`);
      await fillZoo(source.pool, role);
      await setProperties(source.pool, source.name, role);
      server = await startThrowawayPostgres();
      ({ folder, manifest } = await takeBackup());
      const found = await findPostgresPrograms({ major: manifest.source.server_major });
      if (!found.found) throw new Error(found.reason);
      proofGround = throwawayGround(server, found.programs);
      ({ address } = proofGround);
      expect(await prepareScratch(proofGround, manifest)).toEqual({ ready: true });
      const readBack = await restore();
      expect(readBack.storedSha256).toBe(manifest.dump.stored_sha256);
      expect(readBack.dumpedSha256).toBe(manifest.dump.dumped_sha256);
    });
    afterAll(() => server.stop());

    async function restore() {
      const path = process.env['PATH'] ?? '';
      const expansion = await findExpansion('zstd', path);
      if (!expansion) throw new Error('programs are missing');
      const stored = await (await openLocalStorage(folder)).get('dump.pgdump.zst');
      if (!stored) throw new Error('the dump is missing');
      const { pgRestore } = proofGround;
      const unseal = (bytes: AsyncIterable<Buffer>) => bytes;
      return restoreDump(stored, { address, pgRestore, expansion, unseal, path, signal: never });
    }
    /** Reads in the transaction that changed something, and takes it back; only sequences keep what was done to them. */
    async function readAfter(sql: string) {
      const session = await openSession(address, never);
      try {
        await session.query(`BEGIN; SET LOCAL search_path TO public; ${sql}; SET LOCAL search_path TO ''`);
        return await readThrough([session], address.database, fingerprintOf(manifest));
      } finally {
        await session.query(`ROLLBACK; SELECT setval('zoo.fresh', 1000, false)`);
        await session.end();
      }
    }
    const judge = async () =>
      judgeContent(manifest, await readRestored(address, fingerprintOf(manifest), never));

    it('lacks what is the database’s own and in no dump, until that is put back too', async () => {
      const judged = await judge();
      expect(judged).toMatchObject({ verdict: 'CONTENT_DIFFERS' });
      expect(judged).toMatchObject({ reason: expect.stringContaining('the database') });
      expect(await applyProperties(proofGround, manifest)).toBeUndefined();
      expect(await judge()).toMatchObject({ verdict: 'PROVEN' });
    });

    it('leaves out what a restore computes again, and says why', () => {
      expect(manifest.content?.excluded).toEqual(
        expect.arrayContaining([
          { schema: 'zoo', name: 'moment', reason: 'is computed again by a restore' },
          { schema: 'zoo', name: 'faraway', reason: 'has its rows on another server' },
        ]),
      );
    });

    it('is proven by the sums of an older release too', async () => {
      const fingerprint = { level: 'full', version: 1 } as const;
      const session = await openSession(addressOf(source.url), never);
      const tables = await readTableContents([session], await listTables(session), fingerprint);
      await session.end();
      const older = { ...manifest, fingerprint_version: 1, tables } as Manifest;
      expect(older.tables).not.toEqual(manifest.tables);
      expect(judgeContent(older, await readRestored(address, fingerprintOf(older), never))).toMatchObject({
        verdict: 'PROVEN',
      });
    });

    it('equals it still when rows lie in another order', async () => {
      const moved = await readAfter(`UPDATE "User" SET "order" = "order" WHERE id < 50`);
      expect(judgeContent(manifest, moved)).toMatchObject({ verdict: 'PROVEN' });
    });

    describe('on a server that was given for proofs', () => {
      const proveThere = async (user = 'postgres') => {
        const proofServer = { ...addressOf(server.url('postgres')), user };
        const storage = await openLocalStorage(folder);
        const path = process.env['PATH'] ?? '';
        const settings = { storage, path, scratchFolder: undefined, proofServer, keys: noKeys };
        return proveBackup({ location: '.' }, settings, never);
      };
      const databases = async () => {
        const { rows } = await there.query<{ datname: string }>('SELECT datname FROM pg_database ORDER BY 1');
        return rows.map(({ datname }) => datname).filter((name) => name.startsWith('swfx_proof_'));
      };
      let there: pg.Client;
      beforeAll(async () => {
        there = new pg.Client({ connectionString: server.url() });
        await there.connect();
      });
      afterAll(() => there.end());

      it('is proven, leaves nothing there, and takes away what a killed proof has left, but not what is in use', async () => {
        const own = `swfx_proof_${manifest.id.replaceAll('-', '').slice(0, 12)}`;
        await there.query(`CREATE DATABASE ${own}`);
        await there.query(`CREATE DATABASE swfx_proof_00000000000a`);
        await there.query(`CREATE DATABASE swfx_proof_00000000000b`);
        await there.query(`SELECT pg_advisory_lock(hashtextextended('swfx_proof_00000000000b', 0))`);
        expect(await proveThere()).toMatchObject({ verdict: 'PROVEN' });
        expect(await databases()).toEqual(['swfx_proof_00000000000b']);
        await there.query(`DROP DATABASE swfx_proof_00000000000b`);
      });

      it('waits while another proof of it is there', async () => {
        const own = `swfx_proof_${manifest.id.replaceAll('-', '').slice(0, 12)}`;
        await there.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [own]);
        await expect(proveThere()).rejects.toThrow('another proof');
        await there.query('SELECT pg_advisory_unlock_all()');
      });

      it('is not called bad for a role that the server lacks, which is named and not made', async () => {
        const role = `${source.name}_keeper`;
        await there.query(`ALTER ROLE ${role} RENAME TO gone_for_now`);
        const result = await proveThere();
        const { rowCount } = await there.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
        await there.query(`ALTER ROLE gone_for_now RENAME TO ${role}`);
        expect(result).toEqual({
          verdict: 'CANNOT_VERIFY_HERE',
          reason: `the server of BACKUP_PROVE_URL lacks the role ${role}`,
        });
        expect(rowCount).toBe(0);
        expect(await databases()).toEqual([]);
      });

      it('is not called bad for what our role may not do there', async () => {
        const { password } = addressOf(server.url());
        await there.query(
          `CREATE ROLE prover LOGIN CREATEDB PASSWORD ${pg.escapeLiteral(password?.reveal() ?? '')}`,
        );
        const result = await proveThere('prover');
        expect(result).toMatchObject({ verdict: 'CANNOT_VERIFY_HERE' });
        expect(await databases()).toEqual([]);
      });
    });

    it.each([
      ['a row is gone', 'DELETE FROM zoo.parted WHERE k = 1', /parted_\d" has \d+ rows, \d+ were dumped/],
      ['a value was changed', `UPDATE ONLY zoo.base SET b = 'Y' WHERE b = 'y'`, 'other values'],
      ['a NULL became an empty text', `UPDATE "User" SET "order" = NULL WHERE id = 1`, 'other values'],
      [
        'two columns were swapped',
        `UPDATE "Order" SET parent = "user", "user" = parent WHERE id = 9`,
        'other values',
      ],
      [
        'a double differs in its last bit',
        `UPDATE zoo.animals SET weight = 0.10000000000000002 WHERE weight = 0.1`,
        'other values',
      ],
      [
        'white space in a json was lost',
        `UPDATE zoo.animals SET doc = doc::jsonb::json WHERE id = 1`,
        'other values',
      ],
      [
        'a row was put into the place of its equal twin',
        `INSERT INTO large SELECT * FROM large LIMIT 2`,
        'rows',
      ],
      [
        'a sequence was moved',
        `SELECT setval('zoo.fresh', 1001, false)`,
        'sequence "zoo"."fresh" stands at 1001, 1000',
      ],
      ['a sequence has given out its value', `SELECT nextval('zoo.fresh')`, 'sequence "zoo"."fresh"'],
      ['a large object has another byte', `SELECT lo_put(424242, 9000, '\\x07')`, 'the large objects differ'],
      [
        'a large object is shorter',
        `SELECT lo_truncate(lo_open(424244, 131072), 100)`,
        'the large objects differ',
      ],
      ['a large object is gone', `SELECT lo_unlink(424243)`, 'there are 2 large objects, 3 were dumped'],
      [
        'a privilege was lost',
        (role: string) => `REVOKE UPDATE ON zoo.animals FROM ${role}`,
        'privileges on zoo.animals',
      ],
      [
        'a grant option was lost',
        (role: string) => `REVOKE GRANT OPTION FOR SELECT ON zoo.animals FROM ${role}`,
        'privileges on zoo.animals',
      ],
      [
        'a privilege on a column was lost',
        (role: string) => `REVOKE SELECT (a) ON zoo.base FROM ${role}`,
        'zoo.base.a',
      ],
      [
        'everybody may run a function',
        `GRANT EXECUTE ON FUNCTION zoo.twice TO PUBLIC`,
        'privileges on zoo.twice(integer)',
      ],
      ['it belongs to somebody else', 'ALTER TABLE zoo.parted OWNER TO postgres', 'privileges on zoo.parted'],
      [
        'a large object may be read no more',
        (role: string) => `REVOKE ALL ON LARGE OBJECT 424242 FROM ${role}`,
        'the large objects differ',
      ],
      [
        'a default was dropped',
        'ALTER TABLE zoo.animals ALTER late DROP DEFAULT',
        'zoo.animals is defined otherwise',
      ],
      ['an index was dropped', 'DROP INDEX zoo.animals_lower_idx', 'zoo.animals is defined otherwise'],
      [
        'a constraint was dropped',
        'ALTER TABLE zoo.refers DROP CONSTRAINT refers_k_at_fkey',
        'zoo.refers is defined otherwise',
      ],
      [
        'a trigger fires again',
        'ALTER TABLE zoo.animals ENABLE TRIGGER touched',
        'zoo.animals is defined otherwise',
      ],
      [
        'row security is off',
        'ALTER TABLE zoo.animals DISABLE ROW LEVEL SECURITY',
        'zoo.animals is defined otherwise',
      ],
      [
        'a policy lets more through',
        'ALTER POLICY mine ON zoo.animals USING (true)',
        'zoo.animals is defined otherwise',
      ],
      [
        'a function does something else',
        `CREATE OR REPLACE FUNCTION zoo.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`,
        'zoo.touch() is defined otherwise',
      ],
      [
        'an enum has one value more',
        `CREATE TYPE zoo.mood2 AS ENUM ('x')`,
        'type zoo.mood2 was dumped without',
      ],
      [
        'a view shows something else',
        'CREATE OR REPLACE VIEW people AS SELECT id, "order" FROM "User" WHERE id > 11',
        'public.people is defined otherwise',
      ],
      [
        'a comment was lost',
        'COMMENT ON COLUMN zoo.animals.name IS NULL',
        'the comment on table column zoo.animals.name differs',
      ],
      ['a publication is gone', (role: string) => `DROP PUBLICATION news_${role}`, 'publication'],
      ['an event trigger is gone', (role: string) => `DROP EVENT TRIGGER watched_${role}`, 'event trigger'],
      ['a setting was lost', 'ALTER DATABASE proof RESET search_path', 'setting search_path differs'],
      [
        'a role lost its setting',
        (role: string) => `ALTER ROLE ${role} IN DATABASE proof RESET ALL`,
        'setting statement_timeout of',
      ],
      ['everybody may connect', 'GRANT CONNECT ON DATABASE proof TO PUBLIC', 'privileges on the database'],
    ] as [string, string | ((role: string) => string), string | RegExp][])(
      'no longer equals the manifest once %s',
      async (_, change, difference) => {
        const sql = typeof change === 'string' ? change : change(`${source.name}_keeper`);
        const judged = judgeContent(manifest, await readAfter(sql));
        expect(judged).toMatchObject({ verdict: 'CONTENT_DIFFERS' });
        expect((judged as { reason: string }).reason).toMatch(difference);
      },
    );
  });
});
