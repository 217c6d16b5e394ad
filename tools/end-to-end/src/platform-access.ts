import { Client } from 'pg';
import type { Stack } from './stack';

/** Works on a database of a stack as its superuser. */
export async function withDatabase(
  stack: Stack,
  database: 'ops' | 'platform' | 'postgres',
  work: (client: Client) => Promise<void>,
): Promise<void> {
  const { postgresPassword: password } = stack.secrets();
  const port = stack.state().ports.postgres;
  const client = new Client({ host: '127.0.0.1', port, user: 'postgres', password, database });
  await client.connect();
  await work(client).finally(() => client.end());
}

/** Takes the platform's database away from everyone who is not connected yet, as a bad day would. */
export async function withPlatformClosed(stack: Stack, work: () => Promise<void>): Promise<void> {
  await withDatabase(stack, 'postgres', async (admin) => {
    await admin.query('ALTER DATABASE platform ALLOW_CONNECTIONS false');
    await work().finally(() => admin.query('ALTER DATABASE platform ALLOW_CONNECTIONS true'));
  });
}

/** Logs the demo user in, with their own password unless another is given. */
export function logIn(stack: Stack, password = stack.secrets().demoPassword): Promise<Response> {
  return fetch(stack.url('gateway', '/auth/login'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'demo@smartwalletfx.test', password }),
    signal: AbortSignal.timeout(60_000),
  });
}

/** The demo user's access token. */
export async function accessToken(stack: Stack): Promise<string> {
  return ((await (await logIn(stack)).json()) as { access_token: string }).access_token;
}
