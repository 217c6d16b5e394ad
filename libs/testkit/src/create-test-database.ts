/**
 * A database for one suite, on the server that global-setup started for the run.
 *
 * The migrated schema is made once per run as a template, under an advisory lock because several workers ask for it
 * at once; a suite's database is then a copy of it, which takes a few hundredths of a second.
 */
import { randomBytes } from 'node:crypto';
import { migrate } from '@swfx/database';
import { Client, Pool } from 'pg';

const template = 'swfx_migrated';
const templateLock = 4_207_001;

/** `url` and `pool` are the superuser's. `drop()` ends the pool and removes the database, whoever is connected. */
export type TestDatabase = {
  name: string;
  url: string;
  pool: Pool;
  /** The URL of a new login that has only what `group` may do, as a service has: e.g. `swfx_gateway`. */
  urlAs: (group: string) => Promise<string>;
  drop: () => Promise<void>;
};

/** Creates a database: with the ops schema, or an empty one with `migrate: false`. */
export async function createTestDatabase(options: { migrate?: boolean } = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await withServer(async (server) => {
    if (options.migrate ?? true) await ensureTemplate(server);
    await server.query(
      `create database ${name} template ${(options.migrate ?? true) ? template : 'template0'}`,
    );
  });
  const url = urlOf(name);
  const pool = new Pool({ connectionString: url, max: 10 });
  // A test may end the server under an idle connection; the next query of the pool reports it.
  pool.on('error', () => undefined);
  return {
    name,
    url,
    pool,
    urlAs: (group) => createLogin(name, group),
    drop: () => dropDatabase(name, pool),
  };
}

async function ensureTemplate(server: Client): Promise<void> {
  await server.query('select pg_advisory_lock($1)', [templateLock]);
  try {
    const { rowCount } = await server.query('select 1 from pg_database where datname = $1', [template]);
    if (!rowCount) await createTemplate(server);
  } finally {
    await server.query('select pg_advisory_unlock($1)', [templateLock]);
  }
}

/** Built under another name, so that the template is there only if its migrations went through. */
async function createTemplate(server: Client): Promise<void> {
  const unfinished = `${template}_unfinished`;
  await server.query(`drop database if exists ${unfinished} with (force)`);
  await server.query(`create database ${unfinished} template template0`);
  await migrate({ databaseUrl: urlOf(unfinished) });
  await server.query(`alter database ${unfinished} rename to ${template}`);
}

async function createLogin(database: string, group: string): Promise<string> {
  const login = `${database}_${group}`;
  const password = randomBytes(12).toString('hex');
  await withServer(async (server) => {
    await server.query(
      `create role ${login} login password '${password}' in role ${server.escapeIdentifier(group)}`,
    );
  });
  const url = new URL(urlOf(database));
  return Object.assign(url, { username: login, password }).href;
}

async function dropDatabase(name: string, pool: Pool): Promise<void> {
  await pool.end();
  await withServer(async (server) => {
    await server.query(`drop database if exists ${name} with (force)`);
    const logins = await server.query<{ rolname: string }>(
      'select rolname from pg_roles where starts_with(rolname, $1)',
      [`${name}_`],
    );
    for (const { rolname } of logins.rows) await server.query(`drop role ${rolname}`);
  });
}

async function withServer<T>(work: (server: Client) => Promise<T>): Promise<T> {
  const server = new Client({ connectionString: urlOf('postgres') });
  await server.connect();
  try {
    return await work(server);
  } finally {
    await server.end();
  }
}

function urlOf(database: string): string {
  const server = process.env['SWFX_TEST_POSTGRES_URL'];
  if (!server)
    throw new Error('No test Postgres: these tests run with jest.int.cjs, whose global setup starts it.');
  return Object.assign(new URL(server), { pathname: `/${database}` }).href;
}
