import { createTestDatabase } from '@swfx/testkit';
import { createUpstream, type Upstream } from './create-upstream';
import { loadSamplePlatform } from './load-sample-platform';

type Body = Record<string, unknown> & { wallets: { id: string }[]; positions: Record<string, string>[] };

describe('the sample upstream', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let upstream: Upstream;
  const lines: string[] = [];

  beforeAll(async () => {
    database = await createTestDatabase({ migrate: false });
    await loadSamplePlatform({ databaseUrl: database.url });
    upstream = await createUpstream({ databaseUrl: database.url, port: 0, log: (line) => lines.push(line) });
  });
  afterAll(async () => {
    await upstream?.stop();
    await database?.drop();
  });

  const call = async (path: string, init?: RequestInit) => {
    const response = await fetch(upstream.address + path, init);
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      body: (await response.json()) as Body,
    };
  };
  const post = (body: unknown) =>
    call('/api/transactions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const firstWallet = async () => (await call('/api/wallets?limit=1')).body.wallets[0]!.id;

  it('walks through all wallets page by page, each once', async () => {
    const seen = new Set<string>();
    for (let path: string | null = '/api/wallets?limit=200'; path;) {
      const { body } = await call(path);
      for (const wallet of body.wallets) seen.add(wallet.id);
      path = body['nextCursor'] ? `/api/wallets?limit=200&cursor=${body['nextCursor'] as string}` : null;
    }
    expect(seen.size).toBe(4_000);
  });

  it('shows one wallet and its newest transactions', async () => {
    const id = await firstWallet();
    expect((await call(`/api/wallets/${id}`)).body).toMatchObject({ id, userId: expect.any(String) });
    const { body } = await call(`/api/wallets/${id}/transactions?limit=3`);
    expect(body['transactions']).toHaveLength(3);
  });

  it('shows tokens and the newest prices of one', async () => {
    expect((await call('/api/tokens')).body['tokens']).toHaveLength(40);
    const { body } = await call('/api/tokens/btc/prices?limit=2');
    expect(body['prices']).toMatchObject([
      { observedAt: '2025-03-04T11:00:00.000Z', priceUsd: '57021.875000000000000000' },
      { observedAt: '2025-03-04T10:00:00.000Z' },
    ]);
  });

  it('records a transaction together with its position', async () => {
    const walletId = await firstWallet();
    const before = (await call(`/api/portfolio/${walletId}`)).body.positions[0]!;
    const order = { walletId, symbol: before['symbol'], kind: 'withdrawal', quantity: before['quantity'] };
    expect(await post(order)).toMatchObject({ status: 201, body: { status: 'pending', kind: 'withdrawal' } });
    expect(await post(order)).toMatchObject({ status: 409, body: { code: 'insufficient_quantity' } });
    expect(await post({ ...order, kind: 'deposit' })).toMatchObject({ status: 201 });
    expect((await call(`/api/portfolio/${walletId}`)).body.positions[0]).toEqual(before);
  });

  it('repeats the identity that the gateway sets', async () => {
    const headers = { 'x-auth-subject': 'u-1', 'x-auth-scopes': 'a:read a:write', 'x-request-id': 'r-1' };
    expect((await call('/api/whoami', { headers })).body).toEqual({
      subject: 'u-1',
      scopes: ['a:read', 'a:write'],
      requestId: 'r-1',
      traceparent: null,
    });
  });

  it.each([
    ['/api/nowhere', 404, 'route_not_found'],
    ['/api/wallets/not-a-uuid', 404, 'wallet_not_found'],
    ['/api/wallets/00000000-0000-0000-0000-000000000000/transactions', 404, 'wallet_not_found'],
    ['/api/tokens/NONE/prices', 404, 'token_not_found'],
    ['/api/wallets?limit=0', 400, 'invalid_query'],
    ['/api/wallets?cursor=x', 400, 'invalid_query'],
    [`/api/wallets/${encodeURIComponent("' OR 1=1 --")}`, 404, 'wallet_not_found'],
    ['/api/wallets/%E0%A4%A', 400, 'malformed_request'],
  ])('answers %s with the problem %d %s', async (path, status, code) => {
    expect(await call(path)).toMatchObject({
      status,
      type: 'application/problem+json; charset=utf-8',
      body: { status, code },
    });
  });

  it('refuses a body that is no JSON, is wrong, or names an unknown wallet', async () => {
    const order = {
      walletId: '00000000-0000-0000-0000-000000000000',
      symbol: 'ETH',
      kind: 'buy',
      quantity: '1',
    };
    expect(await post('{"walletId":')).toMatchObject({ status: 400, body: { code: 'malformed_request' } });
    expect(await post({})).toMatchObject({ status: 400, body: { code: 'invalid_body' } });
    expect(await post(order)).toMatchObject({ status: 404, body: { code: 'wallet_not_found' } });
  });

  it('goes on after Postgres has closed all of its connections', async () => {
    expect((await call('/health')).status).toBe(200);
    await database.pool.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'sample-platform' AND datname = current_database()`);
    await waitFor(async () => (await call('/health')).status === 200);
    expect((await call('/api/tokens')).status).toBe(200);
  });

  it('starts without its database and says 503 until it is there', async () => {
    const lonely = await createUpstream({ databaseUrl: 'postgres://127.0.0.1:1/none', port: 0 });
    try {
      expect(await (await fetch(`${lonely.address}/health`)).json()).toMatchObject({ status: 'unhealthy' });
      const response = await fetch(`${lonely.address}/api/tokens`);
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({ code: 'database_unavailable' });
    } finally {
      await lonely.stop();
    }
  });

  it('says which port is taken', async () => {
    const port = Number(new URL(upstream.address).port);
    await expect(createUpstream({ databaseUrl: database.url, port })).rejects.toThrow(`EADDRINUSE`);
  });
});

async function waitFor(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('The condition did not become true in time.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
