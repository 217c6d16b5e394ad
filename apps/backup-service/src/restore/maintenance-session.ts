import type { Client } from 'pg';
import { openSession } from '../postgres-client/open-session';
import type { ServerAddress } from '../postgres-client/server-address';

/** A session beside the database that is worked on: a database cannot be renamed from within. */
export async function openMaintenanceSession(address: ServerAddress, signal: AbortSignal): Promise<Client> {
  try {
    return await openSession({ ...address, database: 'postgres' }, signal);
  } catch (error) {
    if (!isUnknownDatabase(error)) throw error;
    return openSession({ ...address, database: 'template1' }, signal);
  }
}

function isUnknownDatabase(error: unknown): boolean {
  const { cause } = error as { cause?: { code?: unknown } };
  return cause?.code === '3D000';
}
