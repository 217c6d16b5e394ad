/**
 * The two databases and who may connect to which.
 *
 * Each service has a login of its own that belongs to the group the migrations made for it, and to nothing else. The
 * two logins of the platform read every table, and therefore may not connect to the ops database, where keys are.
 */
import { migrate } from '@swfx/database';
import { Client } from 'pg';
import type { Ports } from '../machine/ports';
import type { Secrets } from '../state/secrets';
import { adminUrl } from '../children/urls';

type Facts = { ports: Ports; secrets: Secrets };
type Login = { name: string; groups: string[]; database: 'ops' | 'platform'; attributes?: string };

const logins: Login[] = [
  ...['gateway', 'rotation', 'backup', 'dispatcher', 'operator'].map((service) => ({
    name: `swfx_${service}_login`,
    groups: [`swfx_${service}`],
    database: 'ops' as const,
  })),
  { name: 'swfx_monitor_login', groups: ['pg_monitor'], database: 'ops' },
  { name: 'platform_api', groups: ['pg_read_all_data', 'pg_write_all_data'], database: 'platform' },
  // A backup that row security filters would be a partial one.
  { name: 'platform_backup', groups: ['pg_read_all_data'], database: 'platform', attributes: 'bypassrls' },
];

/** The names of the login roles, for which passwords are needed. */
export const loginNames = logins.map(({ name }) => name);

/** Creates both databases if need be, migrates the ops database, and sets the logins up. May be run again. */
export async function prepareDatabases(facts: Facts): Promise<{ applied: string[] }> {
  await withDatabase(adminUrl(facts, 'postgres'), async (client) => {
    await createDatabase(client, 'ops');
    await createDatabase(client, 'platform');
  });
  const { applied } = await migrate({ databaseUrl: adminUrl(facts, 'ops') });
  await withDatabase(adminUrl(facts, 'postgres'), async (client) => {
    for (const login of logins) await prepareLogin(client, login, facts.secrets);
  });
  return { applied };
}

async function createDatabase(client: Client, name: 'ops' | 'platform'): Promise<void> {
  const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
  if (!rowCount) await client.query(`create database ${name} template template0`);
  await client.query(`revoke connect on database ${name} from public`);
}

async function prepareLogin(client: Client, login: Login, secrets: Secrets): Promise<void> {
  const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [login.name]);
  if (!rowCount) await client.query(`create role ${login.name}`);
  const password = client.escapeLiteral(secrets.rolePasswords[login.name] ?? '');
  await client.query(`alter role ${login.name} login password ${password} ${login.attributes ?? ''}`);
  await client.query(`grant ${login.groups.join(', ')} to ${login.name}`);
  await client.query(`grant connect on database ${login.database} to ${login.name}`);
}

async function withDatabase<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, application_name: 'local-stack' });
  // A connection that breaks rejects the running query; without a listener it would also end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
