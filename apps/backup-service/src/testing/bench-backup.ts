/**
 * What a backup costs, beside the bare programs that it is made of, on the same database and in the same run: only the
 * ratios mean anything, since machines differ. Each way runs twice, in turn; the better one counts.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseKeyRing, Secret } from '@swfx/config';
import { findPostgresPrograms, startThrowawayPostgres, type PostgresServer } from '@swfx/postgres-server';
import pg from 'pg';
import { describeDatabase } from '../capture/describe-database';
import type { FingerprintLevel } from '../capture/sum-tables';
import { openSession } from '../postgres-client/open-session';
import { parseServerAddress, type ServerAddress } from '../postgres-client/server-address';
import { withCredentials } from '../postgres-client/with-credentials';
import { findExpansion } from '../programs/find-compression';
import { findProgram } from '../programs/find-program';
import { startProgram } from '../programs/start-program';
import { proveBackup } from '../prove/prove-backup';
import { restoreDump } from '../prove/restore-dump';
import { takeBackup } from '../run/take-backup';
import { chooseKeys, chooseUnseal } from '../seal/backup-keys';
import { parseManifest, serialiseManifest } from '../seal/manifest';
import { dumpFile, readManifest, writeManifest } from '../storage/backup-folder';
import { openLocalStorage } from '../storage/local-storage';

const level = 3;
const rounds = 2;
const megabytes = Number(process.env['BENCH_MEGABYTES'] ?? 1024);
const path = process.env['PATH'] ?? '';
const never = new AbortController().signal;

interface Figures {
  seconds: number;
  sizeBytes?: number;
  /** Of our own process: its processor time, and the most memory that it had. */
  cpuSeconds?: number;
  peakMemoryMb?: number;
}

interface Place {
  folder: string;
  server: PostgresServer;
  address: ServerAddress;
  programs: { pgDump: string; pgRestore: string };
  zstd: string;
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'swfx-bench-'));
  const server = await startThrowawayPostgres();
  try {
    const place = await prepare(folder, server);
    const results = await measureAll(place);
    const report = describe(results, await databaseBytes(server));
    await writeFile('docs/benchmarks/backup.json', `${JSON.stringify(report, null, 2)}\n`);
    print(results);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function prepare(folder: string, server: PostgresServer): Promise<Place> {
  const found = await findPostgresPrograms();
  const zstd = await findProgram('zstd', path);
  const parsed = parseServerAddress(server.url('bench'));
  if (!found.found || !zstd || !parsed.ok) throw new Error('programs are missing');
  await query(server.url(), 'CREATE DATABASE bench');
  say(`filling a database of ${megabytes} MB`);
  await query(server.url('bench'), contents);
  await query(server.url('bench'), 'CHECKPOINT; VACUUM ANALYZE').catch(() => undefined);
  return { folder, server, address: parsed.address, programs: found.programs, zstd };
}

/** Six parts of records as an audit trail has them, four of rows as a ledger has them. */
const contents = `
  CREATE TABLE event (id bigint PRIMARY KEY, at timestamptz NOT NULL, body jsonb NOT NULL);
  INSERT INTO event SELECT i, '2026-01-01'::timestamptz + i * interval '1 second',
    jsonb_build_object('action', (ARRAY['login', 'refresh', 'payment', 'refund'])[1 + i % 4], 'actor', md5((i % 5000)::text),
      'trace', md5(i::text || 'x'), 'amount', (i::bigint * 7919) % 100000, 'note', repeat('lorem ipsum ', (i % 5)::int))
    FROM generate_series(1, ${megabytes} * 2200) i;
  CREATE TABLE account (id bigint PRIMARY KEY, branch int, balance numeric, filler text);
  INSERT INTO account SELECT i, i % 30, (i::bigint * 104729) % 1000000 / 100.0, rpad('', 60, md5((i % 999)::text))
    FROM generate_series(1, ${megabytes} * 2300) i;
  CREATE TABLE entry (account bigint, delta int, at timestamptz, id bigserial);
  INSERT INTO entry SELECT (i::bigint * 31) % 100000, i % 5000 - 2500, '2026-02-01'::timestamptz + i * interval '10 ms'
    FROM generate_series(1, ${megabytes} * 2000) i`;

async function measureAll(place: Place): Promise<Record<string, Figures>> {
  const keyed = chooseKeys({
    BACKUP_ENCRYPTION_KEYS: parseKeyRing(new Secret(`bench:${randomBytes(32).toString('base64')}`)),
    BACKUP_SIGNING_KEYS: parseKeyRing(new Secret(`bench:${randomBytes(32).toString('base64')}`)),
  });
  const plain = { keys: chooseKeys({}), fingerprint: 'rows' } as const;
  const full = { keys: keyed, fingerprint: 'full' } as const;
  const ways: Record<string, () => Promise<Figures>> = {
    'pg_dump -Fc': () => bare(place, '"$PG_DUMP" -Fc > "$OUT"'),
    'pg_dump -Fc -Z0 | zstd': () => bare(place, `"$PG_DUMP" -Fc -Z0 | "$ZSTD" -q -${level} > "$OUT"`),
    'ours, row counts only': () => ours(place, plain),
    'ours, encrypted, without fingerprint': () => ours(place, { keys: keyed, fingerprint: 'rows' }),
    'ours, encrypted, full fingerprint': () => ours(place, full),
    pg_restore: () => bareRestore(place),
    'our restore': () => ourRestore(place, full),
    'our proof': () => ourProof(place, full),
  };
  const best: Record<string, Figures> = {};
  for (let round = 1; round <= rounds; round += 1)
    for (const [name, measure] of Object.entries(ways)) {
      const figures = await measure();
      say(`round ${round}: ${name}: ${figures.seconds.toFixed(1)} s`);
      if (figures.seconds < (best[name]?.seconds ?? Infinity)) best[name] = figures;
    }
  return best;
}

async function bare(place: Place, script: string): Promise<Figures> {
  const out = join(place.folder, 'bare');
  const seconds = await withCredentials(place.address, (env) =>
    timed(() => shell(`set -e; ${script}; sync "$OUT"`, place, { ...env, OUT: out })),
  );
  const { size } = await stat(out);
  return { seconds, sizeBytes: size };
}

async function bareRestore(place: Place): Promise<Figures> {
  const out = join(place.folder, 'bare');
  await bare(place, `"$PG_DUMP" -Fc -Z0 | "$ZSTD" -q -${level} > "$OUT"`);
  await query(place.server.url(), 'DROP DATABASE IF EXISTS copy');
  await query(place.server.url(), 'CREATE DATABASE copy TEMPLATE template0');
  const seconds = await withCredentials(place.address, (env) =>
    timed(() => shell('"$ZSTD" -dcq "$OUT" | "$PG_RESTORE" -e -d copy', place, { ...env, OUT: out })),
  );
  await query(place.server.url(), 'DROP DATABASE copy');
  return { seconds };
}

async function shell(script: string, place: Place, env: NodeJS.ProcessEnv): Promise<void> {
  const { pgDump, pgRestore } = place.programs;
  const program = startProgram({
    program: '/bin/sh',
    args: ['-c', script],
    env: { ...env, PATH: path, PG_DUMP: pgDump, PG_RESTORE: pgRestore, ZSTD: place.zstd },
    signal: never,
  });
  program.stdout.resume();
  await program.succeeded;
}

interface Way {
  keys: ReturnType<typeof chooseKeys>;
  fingerprint: FingerprintLevel;
}

async function store(
  place: Place,
  way: Way,
): Promise<{ settings: Parameters<typeof proveBackup>[1]; folder: string }> {
  const storage = await openLocalStorage(join(place.folder, 'backups'));
  const folder = `bench/${randomUUID()}`;
  const settings = {
    ...way,
    storage,
    path,
    compression: { level, threads: 1 },
    fingerprintBytesPerSecond: undefined,
    lockWaitSeconds: 30,
    fingerprintSessions: 2,
    scratchFolder: undefined,
  };
  const session = await openSession(place.address, never);
  const source = await describeDatabase(session);
  const none = () => undefined;
  const job = {
    id: randomUUID(),
    attempt: 1,
    database: 'bench',
    address: place.address,
    session,
    source,
    folder,
  };
  const manifest = await takeBackup({ ...job, signal: never, onPhase: none, onBytes: none }, settings);
  await writeManifest(storage, folder, serialiseManifest(manifest), never);
  await session.end();
  return { settings, folder };
}

async function ours(place: Place, way: Way): Promise<Figures> {
  const watch = watchMemory();
  const before = process.cpuUsage();
  let stored = '';
  const seconds = await timed(async () => {
    stored = join(place.folder, 'backups', (await store(place, way)).folder);
  });
  const { user, system } = process.cpuUsage(before);
  const { size } = await stat(join(stored, dumpFile({ encrypted: way.keys.encrypt })));
  await rm(stored, { recursive: true });
  return { seconds, sizeBytes: size, cpuSeconds: (user + system) / 1e6, peakMemoryMb: watch() };
}

async function ourRestore(place: Place, way: Way): Promise<Figures> {
  const { settings, folder } = await store(place, way);
  const parsed = parseManifest((await readManifest(settings.storage, folder)) ?? '', way.keys.signing);
  if (!parsed.ok) throw new Error(parsed.problem);
  const sealed = chooseUnseal(parsed.manifest, way.keys);
  const stored = await settings.storage.get(`${folder}/${parsed.manifest.dump.file}`);
  const expansion = await findExpansion('zstd', path);
  if (!sealed.ok || !stored || !expansion) throw new Error('the backup cannot be read');
  await query(place.server.url(), 'CREATE DATABASE copy TEMPLATE template0');
  const address = { ...place.address, database: 'copy' };
  const { pgRestore } = place.programs;
  const watch = watchMemory();
  const seconds = await timed(async () => {
    const { unseal } = sealed;
    await restoreDump(stored, { address, pgRestore, expansion, unseal, path, signal: never });
  });
  await query(place.server.url(), 'DROP DATABASE copy');
  await rm(join(place.folder, 'backups', folder), { recursive: true });
  return { seconds, peakMemoryMb: watch() };
}

async function ourProof(place: Place, way: Way): Promise<Figures> {
  const { settings, folder } = await store(place, way);
  const watch = watchMemory();
  const seconds = await timed(async () => {
    const result = await proveBackup({ location: folder }, settings, never);
    if (result.verdict !== 'PROVEN') throw new Error(JSON.stringify(result));
  });
  await rm(join(place.folder, 'backups', folder), { recursive: true });
  return { seconds, peakMemoryMb: watch() };
}

function watchMemory(): () => number {
  let peak = 0;
  const look = () => (peak = Math.max(peak, process.memoryUsage.rss()));
  look();
  const timer = setInterval(look, 50);
  return () => {
    clearInterval(timer);
    return Math.round(look() / 1e6);
  };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1000;
}

async function query(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

async function databaseBytes(server: PostgresServer): Promise<number> {
  const { rows } = await query(server.url(), `SELECT pg_database_size('bench') AS bytes`);
  return Number((rows[0] as { bytes: string }).bytes);
}

const ratios: [string, string, string][] = [
  ['pg_dump -Fc', 'ours, encrypted, full fingerprint', 'times as fast as pg_dump -Fc, with everything on'],
  [
    'pg_dump -Fc -Z0 | zstd',
    'ours, encrypted, without fingerprint',
    'of the speed of the bare pipe, encrypted',
  ],
  ['pg_dump -Fc -Z0 | zstd', 'ours, row counts only', 'of the speed of the bare pipe, not encrypted'],
  ['pg_restore', 'our restore', 'of the speed of a bare pg_restore: ours, decrypted and hashed'],
  [
    'pg_restore',
    'our proof',
    'of the speed of a bare pg_restore: the whole proof, with its server and comparison',
  ],
];

function describe(results: Record<string, Figures>, databaseSize: number): object {
  return {
    machine: {
      cpus: cpus().length,
      model: cpus()[0]?.model,
      node: process.version,
      load_average: loadavg()[1],
    },
    database_bytes: databaseSize,
    zstd_level: level,
    results,
    ratios: Object.fromEntries(
      ratios.map(([base, other, words]) => [words, round(results[base]?.seconds, results[other]?.seconds)]),
    ),
  };
}

function round(base = NaN, other = NaN): number {
  return Math.round((100 * base) / other) / 100;
}

function print(results: Record<string, Figures>): void {
  for (const [name, { seconds, sizeBytes, cpuSeconds, peakMemoryMb }] of Object.entries(results))
    say(
      [
        name.padEnd(38),
        `${seconds.toFixed(1)} s`.padStart(8),
        `${sizeBytes ? (sizeBytes / 1e6).toFixed(1) : '–'} MB`.padStart(10),
        `${cpuSeconds?.toFixed(1) ?? '–'} s CPU of ours`.padStart(18),
        `${peakMemoryMb ?? '–'} MB memory`.padStart(14),
      ].join('  '),
    );
  for (const [base, other, words] of ratios)
    say(`${round(results[base]?.seconds, results[other]?.seconds)} ${words}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

void main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
