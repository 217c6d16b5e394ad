/** The bare programs that a backup is made of, as people run them by hand. */
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { withCredentials } from '../postgres-client/with-credentials';
import { startProgram } from '../programs/start-program';
import { never, query, type Place } from './bench-place';
import { measure, type Measured } from './measure';

/** Runs a script of the shell that writes `$OUT`, until that is on the disk. */
export async function bareDump(place: Place, script: string): Promise<Measured & { sizeBytes: number }> {
  const out = join(place.folder, 'bare');
  const measured = await withCredentials(place.address, (env) =>
    measure(place.server.pid, () => shell(`set -e; ${script}; sync "$OUT"`, place, { ...env, OUT: out })),
  );
  const { size } = await stat(out);
  return { ...measured, sizeBytes: size };
}

/** Restores such a dump, packed by zstd, into a new database. */
export async function bareRestore(place: Place, level: number): Promise<Measured> {
  const out = join(place.folder, 'bare');
  await bareDump(place, `"$PG_DUMP" -Fc -Z0 | "$ZSTD" -q -${level} > "$OUT"`);
  await query(place.server.url(), 'CREATE DATABASE copy TEMPLATE template0');
  const measured = await withCredentials(place.address, (env) =>
    measure(place.server.pid, () =>
      shell('"$ZSTD" -dcq "$OUT" | "$PG_RESTORE" -e -d copy', place, { ...env, OUT: out }),
    ),
  );
  await query(place.server.url(), 'DROP DATABASE copy');
  await rm(out);
  return measured;
}

async function shell(script: string, place: Place, env: NodeJS.ProcessEnv): Promise<void> {
  const { pgDump, pgRestore } = place.programs;
  const program = startProgram({
    program: '/bin/sh',
    args: ['-c', script],
    env: { ...env, PATH: place.path, PG_DUMP: pgDump, PG_RESTORE: pgRestore, ZSTD: place.zstd },
    signal: never,
  });
  program.stdout.resume();
  await program.succeeded;
}
