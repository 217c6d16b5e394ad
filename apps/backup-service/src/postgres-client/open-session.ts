import { errorMessage } from '@swfx/errors';
import pg from 'pg';
import { BackupError } from '../backup-error';
import { driverConfig, type ServerAddress } from './server-address';

/**
 * One direct connection for a work that may take hours: no time limit of the server applies, row security is an error
 * rather than a filter, and a server that we have left notices it. Every setting that changes how a value is written as
 * text is pinned, so that the same rows give the same fingerprint everywhere. Closing it ends a running statement.
 */
export async function openSession(address: ServerAddress, signal: AbortSignal): Promise<pg.Client> {
  signal.throwIfAborted();
  const client = new pg.Client({
    ...driverConfig(address),
    application_name: 'backup-service',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  // The statement in hand reports a broken connection; between two statements nobody else listens.
  client.on('error', () => undefined);
  const onAbort = () => void client.end().catch(() => undefined);
  signal.addEventListener('abort', onAbort);
  client.once('end', () => signal.removeEventListener('abort', onAbort));
  try {
    await client.connect();
    await client.query(settings);
    await requireDirect(client, address);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    signal.throwIfAborted();
    throw connectionError(address, error);
  }
}

/**
 * A pooler hands out its own number for the server's process, and may give each transaction another server session, in
 * which there is neither our snapshot nor a lock of ours.
 */
async function requireDirect(client: pg.Client, { host, port }: ServerAddress): Promise<void> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const { processID: announced } = client as unknown as { processID: number | null };
  if (rows[0]?.pid === announced) return;
  const message = `${host}:${port} is a connection pooler; give the address of the server itself`;
  throw new BackupError('cannot_connect', message, { permanent: true });
}

/** Not every major knows every one of them, so that those which the server has are set. */
const settings = `
  SELECT set_config(name, wanted.value, false)
  FROM pg_settings JOIN (VALUES
    ('statement_timeout', '0'), ('idle_in_transaction_session_timeout', '0'), ('idle_session_timeout', '0'),
    ('transaction_timeout', '0'), ('client_connection_check_interval', '5s'), ('row_security', 'off'),
    ('DateStyle', 'ISO, YMD'), ('IntervalStyle', 'iso_8601'), ('TimeZone', 'UTC'), ('bytea_output', 'hex'),
    ('extra_float_digits', '1'), ('lc_monetary', 'C'), ('quote_all_identifiers', 'off'),
    ('search_path', '')) AS wanted (name, value) USING (name)`;

/** Wrong credentials and a database that is not there stay wrong, however often they are tried. */
const permanentCodes = new Set(['28P01', '28000', '3D000', '42501']);

function connectionError(address: ServerAddress, error: unknown): BackupError {
  if (error instanceof BackupError) return error;
  const permanent = permanentCodes.has(String((error as { code?: unknown }).code));
  const where = `${address.host}:${address.port}`;
  return new BackupError('cannot_connect', `cannot connect to ${where}: ${errorMessage(error)}`, {
    permanent,
    cause: error,
  });
}
