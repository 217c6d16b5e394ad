/**
 * A large database: what a backup of it, its restore and its proof take per gigabyte, and that our memory is the same at
 * the last gigabyte as at the first. `npm run soak:backup [gigabytes]`, 10 if not given; the disk needs four times that.
 */
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { removeAll } from '../storage/backup-folder';
import { databaseBytes, say, withPlace, type Place } from './bench-place';
import { fillDatabase } from './fill-database';
import { measure, round, type Measured } from './measure';
import { measureProof, newKeys, takeOurs, type Way } from './our-ways';

const gigabytes = Number(process.argv[2] ?? 10);
const limitMb = 150;

/** What was so far at each gigabyte of the dump. */
interface Mark {
  gigabyte: number;
  seconds: number;
  memoryMb: number;
}

async function main(): Promise<void> {
  await withPlace(process.env['PATH'] ?? '', async (place) => {
    say(`filling a database of ${gigabytes} GB`);
    await fillDatabase(place.server.url('bench'), gigabytes * 1024, (done) => say(`  ${done} MB`));
    const bytes = await databaseBytes(place.server);
    const way: Way = { keys: newKeys(), fingerprint: 'full', level: 2 };
    const { measured, marks, sizeBytes } = await backUp(place, way);
    report('backup', measured, bytes);
    const perGb = (seconds: number) => round(seconds / (bytes / 1e9));
    const known = {
      machine: {
        cpus: cpus().length,
        model: cpus()[0]?.model,
        node: process.version,
        load_average: loadavg()[1],
      },
      database_bytes: bytes,
      backup: { ...measured, sizeBytes, secondsPerGigabyte: perGb(measured.seconds) },
      by_gigabyte_dumped: marks,
    };
    await write(known);
    const proof = await measureProof(place, way);
    report('proof', proof, bytes);
    await write({ ...known, proof: { ...proof, secondsPerGigabyte: perGb(proof.seconds) } });
    if (Math.max(measured.peakMemoryMb, proof.peakMemoryMb) > limitMb)
      throw new Error(`more than ${limitMb} MB of memory were taken`);
  });
}

async function backUp(
  place: Place,
  way: Way,
): Promise<{ measured: Measured; marks: Mark[]; sizeBytes: number }> {
  const marks: Mark[] = [];
  const begun = performance.now();
  const onBytes = (dumped: number) => {
    if (dumped < (marks.length + 1) * 1e9) return;
    const seconds = round((performance.now() - begun) / 1000);
    const mark = {
      gigabyte: marks.length + 1,
      seconds,
      memoryMb: Math.round(process.memoryUsage.rss() / 1e6),
    };
    marks.push(mark);
    say(`  ${mark.gigabyte} GB dumped after ${seconds} s, ${mark.memoryMb} MB of memory`);
  };
  let taken: Awaited<ReturnType<typeof takeOurs>> | undefined;
  const measured = await measure(place.server.pid, async () => {
    taken = await takeOurs(place, way, { onBytes });
  });
  const { storage, folder, sizeBytes } = taken as NonNullable<typeof taken>;
  await removeAll(storage, `${folder}/`);
  return { measured, marks, sizeBytes };
}

function report(name: string, { seconds, peakMemoryMb, ...rest }: Measured, bytes: number): void {
  const perGb = round(seconds / (bytes / 1e9));
  say(
    `${name}: ${seconds} s, ${perGb} s per GB, ${peakMemoryMb} MB of memory at most, ${rest.cpuSeconds} s of our CPU`,
  );
}

async function write(content: object): Promise<void> {
  await writeFile('docs/benchmarks/backup-large.json', `${JSON.stringify(content, null, 2)}\n`);
}

void main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
