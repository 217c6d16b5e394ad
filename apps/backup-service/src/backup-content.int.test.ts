import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findPostgresPrograms, startThrowawayPostgres, type PostgresServer } from '@swfx/postgres-server';
import { createTestDatabase, waitUntil, type TestDatabase } from '@swfx/testkit';
import { parseServerAddress, type ServerAddress } from './postgres-client/server-address';
import { findZstd } from './programs/find-zstd';
import { judgeContents, proveBackup, readTables } from './prove/prove-backup';
import { restoreDump } from './prove/restore-dump';
import { prepareScratch, scratchName } from './prove/scratch-database';
import { parseManifest, type Manifest } from './seal/manifest';
import { openLocalStorage } from './storage/local-storage';
import { fillOddDatabase } from './testing/odd-database';
import { prepareGround, targets, type TestGround, type TestService } from './testing/start-test-service';

const never = new AbortController().signal;
const table = (manifest: Manifest, name: string) => manifest.tables.find((one) => one.name === name)?.rows;

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
    const parsed = parseManifest(await readFile(join(folder, 'manifest.json'), 'utf8'));
    if (!parsed.ok) throw new Error(parsed.problem);
    return { id, folder, manifest: parsed.manifest };
  }

  it('is every table with its rows, whatever it is called, and restores to the same', async () => {
    const { id, folder, manifest } = await takeBackup();
    expect(manifest.tables).toEqual(
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
    expect(await ground.judged(id)).toMatchObject({ verdict: 'RESTORED', verdict_reason: null });
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
    expect(await ground.judged(id)).toMatchObject({ verdict: 'RESTORED' });
    await source.pool.query('DROP TABLE ledger');
  });

  it('restores with roles that only the source knows, and lets in nobody by them', async () => {
    const role = `odd "role" ${source.name}`;
    const quotedRole = `"${role.replaceAll('"', '""')}"`;
    await source.pool.query(`CREATE ROLE ${quotedRole}`);
    await source.pool.query(`CREATE TABLE granted (a int); GRANT SELECT ON granted TO ${quotedRole}`);
    const { id, manifest } = await takeBackup();
    expect(manifest.source.roles).toContain(role);
    expect(await ground.judged(id)).toMatchObject({ verdict: 'RESTORED' });
    await source.pool.query(`DROP TABLE granted; DROP ROLE ${quotedRole}`);
  });

  it('needs no more of its own login than to read everything', async () => {
    const reader = await source.urlAs('pg_read_all_data');
    await source.pool.query(`ALTER ROLE "${new URL(reader).username}" BYPASSRLS`);
    const other = await prepareGround();
    const second = await other.start({ BACKUP_TARGETS: targets(reader) });
    const id = await other.request();
    expect(await other.ended(id)).toMatchObject({ state: 'succeeded', error: null });
    expect(await other.judged(id)).toMatchObject({ verdict: 'RESTORED' });
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
        `SELECT severity, incident FROM alert WHERE context ->> 'backup_id' = $1`,
        [result.id],
      );
      expect(rows).toEqual([{ severity: 'critical', incident: 'backup-proof:platform' }]);
    });

    it.each([
      ['one byte differs', flipMiddle],
      ['the last byte is missing', (bytes: Buffer) => bytes.subarray(0, -1)],
      ['half is missing', (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1)],
      ['nothing is left', () => Buffer.alloc(0)],
    ])('fails when the stored bytes are not those that were written: %s', async (_, change) => {
      const { folder } = await (spoiled ??= takeBackup());
      const whole = await readFile(dumpOf(folder));
      await writeFile(dumpOf(folder), change(Buffer.from(whole)));
      const settings = {
        storage: await openLocalStorage(folder),
        path: process.env['PATH'] ?? '',
        scratchFolder: undefined,
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
        `SELECT severity FROM alert WHERE context ->> 'backup_id' = $1`,
        [result.id],
      );
      expect(rows).toEqual([{ severity: 'warning' }]);
    });
  });

  describe('restored by hand', () => {
    let server: PostgresServer;
    let address: ServerAddress;
    beforeAll(async () => {
      server = await startThrowawayPostgres();
      const parsed = parseServerAddress(server.url(scratchName));
      if (!parsed.ok) throw new Error(parsed.problem);
      address = parsed.address;
    });
    afterAll(() => server.stop());

    it('no longer equals the manifest once a single row is removed', async () => {
      const { folder, manifest } = await takeBackup();
      const found = await findPostgresPrograms({ major: manifest.source.server_major });
      const zstd = await findZstd(process.env['PATH'] ?? '');
      if (!found.found || !zstd) throw new Error('programs are missing');
      const stored = await (await openLocalStorage(folder)).get('dump.pgdump.zst');
      if (!stored) throw new Error('the dump is missing');
      expect(await prepareScratch(server, manifest)).toEqual({ ready: true });
      const { pgRestore } = found.programs;
      const readBack = await restoreDump(stored, { address, pgRestore, zstd, signal: never });
      expect(readBack.storedSha256).toBe(manifest.dump.stored_sha256);
      expect(readBack.dumpedSha256).toBe(manifest.dump.dumped_sha256);
      expect(judgeContents(manifest, await readTables(address, never)).verdict).toBe('RESTORED');

      const { Client } = await import('pg');
      const client = new Client({ connectionString: server.url(scratchName) });
      await client.connect();
      await client.query('DELETE FROM large WHERE ctid = (SELECT min(ctid) FROM large)');
      await client.end();
      expect(judgeContents(manifest, await readTables(address, never))).toEqual({
        verdict: 'CONTENT_DIFFERS',
        reason: '"public"."large" has 2 rows, 3 were dumped',
      });
    });
  });
});
