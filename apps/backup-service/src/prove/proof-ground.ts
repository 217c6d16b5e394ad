/**
 * Where a proof restores into: a server, and the one database on it that is made for the proof and goes with it. By
 * default the server is thrown away too; one that was given (BACKUP_PROVE_URL) has to be as it was afterwards.
 */
import { statfs } from 'node:fs/promises';
import { Secret } from '@swfx/config';
import { findPostgresPrograms, startThrowawayPostgres, type PostgresServer } from '@swfx/postgres-server';
import pg from 'pg';
import type { ServerAddress } from '../postgres-client/server-address';
import type { BackupWork } from '../run/backup-work';
import type { Manifest } from '../seal/manifest';
import { openGivenServer } from './given-server';

export interface ProofGround {
  /** Of the database that is made, filled, read and dropped. */
  address: ServerAddress;
  pgRestore: string;
  /** Thrown away with all that was made on it; a server that was given has other users. */
  throwaway: boolean;
  /** Whether we may do everything there; a complaint about rights says nothing against a backup where we may not. */
  superuser: boolean;
  /** Undefined where that cannot be seen from here. */
  freeBytes(): Promise<number | undefined>;
  /** A session beside the database, which whoever asks for it closes. */
  connect(): Promise<pg.Client>;
  /** Leaves nothing of the database. */
  close(): Promise<void>;
}

export type OpenedGround = { open: true; ground: ProofGround } | { open: false; reason: string };

/** Opens the ground on which a backup is proven, or says why there is none for it. */
export async function openGround(
  manifest: Manifest,
  settings: Pick<BackupWork, 'path' | 'scratchFolder' | 'proofServer'>,
): Promise<OpenedGround> {
  if (settings.proofServer) return openGivenServer(settings.proofServer, manifest, settings.path);
  const found = await findPostgresPrograms({ major: manifest.source.server_major });
  if (!found.found) return { open: false, reason: found.reason };
  const server = await startThrowawayPostgres({
    programs: found.programs,
    ...(settings.scratchFolder ? { parents: [settings.scratchFolder] } : {}),
  });
  return { open: true, ground: throwawayGround(server, found.programs) };
}

/** The ground on a server that exists for this alone, and is stopped at the end. */
export function throwawayGround(server: PostgresServer, programs: { pgRestore: string }): ProofGround {
  return {
    address: {
      host: '127.0.0.1',
      port: server.port,
      user: 'postgres',
      password: new Secret(decodeURIComponent(new URL(server.url()).password)),
      database: 'proof',
      tls: {},
    },
    pgRestore: programs.pgRestore,
    throwaway: true,
    superuser: true,
    freeBytes: async () => {
      const { bavail, bsize } = await statfs(server.dataDir);
      return bavail * bsize;
    },
    connect: async () => {
      const session = new pg.Client({ connectionString: server.url() });
      await session.connect();
      return session;
    },
    close: () => server.stop(),
  };
}
