/**
 * What a backup costs, beside the bare programs that it is made of, on the same database and in the same run: only the
 * ratios mean anything, since machines differ. Each way runs twice, in turn; the better one counts.
 */
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { bareDump, bareRestore } from './bare-ways';
import { databaseBytes, say, withPlace, type Place } from './bench-place';
import { fillDatabase } from './fill-database';
import type { Measured } from './measure';
import { round } from './measure';
import { measureBackup, measureBackupToS3, measureProof, measureRestore, newKeys, noKeys } from './our-ways';
import { measurePgBackRest } from './pgbackrest';

/** The default of BACKUP_COMPRESSION_LEVEL. */
const level = 2;
const rounds = 2;
const megabytes = Number(process.env['BENCH_MEGABYTES'] ?? 1024);

type Figures = Measured & { sizeBytes?: number };

async function main(): Promise<void> {
  await withPlace(process.env['PATH'] ?? '', async (place) => {
    say(`filling a database of ${megabytes} MB`);
    await fillDatabase(place.server.url('bench'), megabytes);
    const results = await measureAll(place);
    const report = describe(results, await databaseBytes(place.server));
    await writeFile('docs/benchmarks/backup.json', `${JSON.stringify(report, null, 2)}\n`);
    print(results);
  });
}

async function measureAll(place: Place): Promise<Record<string, Figures>> {
  const keys = newKeys();
  const full = { keys, fingerprint: 'full', level } as const;
  const rows = { keys, fingerprint: 'rows', level } as const;
  const ways: Record<string, () => Promise<Figures>> = {
    'pg_dump -Fc': () => bareDump(place, '"$PG_DUMP" -Fc > "$OUT"'),
    'pg_dump -Fc -Z0 | zstd': () => bareDump(place, `"$PG_DUMP" -Fc -Z0 | "$ZSTD" -q -${level} > "$OUT"`),
    'ours, row counts only': () => measureBackup(place, { ...rows, keys: noKeys }),
    'ours, encrypted, without fingerprint': () => measureBackup(place, rows),
    'ours, encrypted, full fingerprint': () => measureBackup(place, full),
    'ours, the same into a bucket': () => measureBackupToS3(place, full),
    pg_restore: () => bareRestore(place, level),
    'our restore': () => measureRestore(place, full),
    'our proof': () => measureProof(place, full),
  };
  const best: Record<string, Figures> = {};
  const keep = (name: string, figures: Figures, turn: number) => {
    say(`round ${turn}: ${name}: ${figures.seconds.toFixed(1)} s`);
    if (figures.seconds < (best[name]?.seconds ?? Infinity)) best[name] = figures;
  };
  for (let turn = 1; turn <= rounds; turn += 1) {
    for (const [name, way] of Object.entries(ways)) keep(name, await way(), turn);
    const pgBackRest = await measurePgBackRest(place, level);
    if (!pgBackRest) continue;
    keep('pgBackRest, the whole server', pgBackRest.backup, turn);
    keep('pgBackRest, its restore', pgBackRest.restore, turn);
  }
  return best;
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
  [
    'pgBackRest, the whole server',
    'ours, encrypted, full fingerprint',
    'times as fast as pgBackRest, which copies files and can tell nothing of their contents',
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
    pgbackrest: results['pgBackRest, the whole server'] ? 'measured' : 'not installed',
    results,
    ratios: Object.fromEntries(known(results).map(({ words, ratio }) => [words, ratio])),
  };
}

function known(results: Record<string, Figures>): { words: string; ratio: number }[] {
  return ratios.flatMap(([base, other, words]) => {
    const [one, two] = [results[base], results[other]];
    return one && two ? [{ words, ratio: round(one.seconds / two.seconds) }] : [];
  });
}

function print(results: Record<string, Figures>): void {
  const columns = ['s', 'MB stored', 's CPU: ours', 'programs', 'server', 'MB memory: ours', 'programs'];
  const line = (name: string, cells: string[]) =>
    say(
      [name.padEnd(37), ...cells.map((cell, at) => cell.padStart((columns[at] ?? '').length + 1))].join(' '),
    );
  line('', columns);
  for (const [name, one] of Object.entries(results))
    line(name, [
      one.seconds.toFixed(1),
      one.sizeBytes === undefined ? '–' : (one.sizeBytes / 1e6).toFixed(1),
      one.cpuSeconds.toFixed(1),
      one.programsCpuSeconds.toFixed(1),
      one.serverCpuSeconds.toFixed(1),
      String(one.peakMemoryMb),
      String(one.programsPeakMemoryMb),
    ]);
  if (!results['pgBackRest, the whole server']) say('pgBackRest is not installed, and was not measured.');
  for (const { words, ratio } of known(results)) say(`${ratio} ${words}`);
}

void main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
