/** What every way of making a backup is measured on: one throwaway server, one folder, one database. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  findPostgresPrograms,
  startThrowawayPostgres,
  type PostgresPrograms,
  type PostgresServer,
} from '@swfx/postgres-server';
import pg from 'pg';
import { parseServerAddress, type ServerAddress } from '../postgres-client/server-address';
import { findProgram } from '../programs/find-program';

export const never: AbortSignal = new AbortController().signal;

export interface Place {
  folder: string;
  server: PostgresServer;
  address: ServerAddress;
  programs: PostgresPrograms;
  zstd: string;
  /** Where programs are looked for first. */
  path: string;
}

/** Runs work beside an empty database called `bench`, and removes everything. */
export async function withPlace<T>(path: string, work: (place: Place) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'swfx-bench-'));
  // A socket too: pgBackRest knows no other way to a server of its own machine.
  const server = await startThrowawayPostgres({
    settings: { unix_socket_directories: '/tmp', max_wal_size: '4GB' },
  });
  try {
    return await work(await prepare(folder, server, path));
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function prepare(folder: string, server: PostgresServer, path: string): Promise<Place> {
  const found = await findPostgresPrograms();
  const zstd = await findProgram('zstd', path);
  const parsed = parseServerAddress(server.url('bench'));
  if (!found.found || !zstd || !parsed.ok) throw new Error('programs are missing');
  await query(server.url(), 'CREATE DATABASE bench');
  return { folder, server, address: parsed.address, programs: found.programs, zstd, path };
}

/** One statement, or several, in a session of its own. */
export async function query(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

export async function databaseBytes(server: PostgresServer): Promise<number> {
  const { rows } = await query(server.url(), `SELECT pg_database_size('bench') AS bytes`);
  return Number((rows[0] as { bytes: string }).bytes);
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
