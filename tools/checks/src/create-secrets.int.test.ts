import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { migrate } from '@swfx/database';
import { startTestPostgres } from '@swfx/testkit';
import { Client } from 'pg';
import { repositoryRoot } from './repository';

const folder = mkdtempSync(join(tmpdir(), 'swfx-secrets-'));
const secrets = join(folder, 'secrets');
let server: Awaited<ReturnType<typeof startTestPostgres>>;

const secret = (name: string) => readFileSync(join(secrets, name), 'utf8');

/** What Compose and the Postgres image do with the secrets at the first start. */
beforeAll(async () => {
  const program = join(repositoryRoot, 'deploy/docker/create-secrets.mjs');
  execFileSync(process.execPath, [program, 'postgres://backup:secret@platform-db/platform', secrets]);
  server = await startTestPostgres();
  await query(server.url(), 'CREATE DATABASE ops');
  await query(server.url(), secret('roles.sql'));
  await migrate({ databaseUrl: server.url('ops') });
});

afterAll(async () => {
  await server.drop();
  rmSync(folder, { recursive: true });
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as unknown[];
  } finally {
    await client.end();
  }
}

function urlOf(role: string): string {
  return Object.assign(new URL(secret(`${role}_database_url`)), { host: `127.0.0.1:${server.port}` }).href;
}

test.each(['gateway', 'rotation', 'backup', 'dispatcher', 'operator'])(
  'the %s can log in and has the rights of its group, and no others',
  async (role) => {
    await expect(query(urlOf(role), 'SELECT 1 FROM service_instance')).resolves.toBeDefined();
    await expect(query(urlOf(role), 'DELETE FROM audit_event')).rejects.toThrow('permission denied');
  },
);

test('what watches Postgres sees its statistics, and no data', async () => {
  const url = new URL(server.url('ops'));
  Object.assign(url, { username: 'monitor', password: secret('monitor_password') });
  await expect(query(url.href, 'SELECT sum(numbackends) FROM pg_stat_database')).resolves.toHaveLength(1);
  await expect(query(url.href, 'SELECT 1 FROM audit_event')).rejects.toThrow('permission denied');
});

test('only the gateway and the rotator can read private keys', async () => {
  const read = (role: string) => query(urlOf(role), 'SELECT sealed FROM signing_key_private');
  for (const role of ['gateway', 'rotation']) await expect(read(role)).resolves.toEqual([]);
  for (const role of ['backup', 'dispatcher', 'operator'])
    await expect(read(role)).rejects.toThrow('permission denied');
});
