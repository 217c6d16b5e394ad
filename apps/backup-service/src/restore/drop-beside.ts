import type { Client } from 'pg';
import type { ServerAddress } from '../postgres-client/server-address';
import { dropMadeRoles } from './made-roles';
import { dropDatabase } from './swap-databases';

/** Takes everything off the server that a restore has made there before its swap. */
export async function dropBeside(session: Client, beside: string, address: ServerAddress): Promise<void> {
  await dropDatabase(session, beside, address);
  await dropMadeRoles(session, beside);
}
