import { waitUntil } from '@swfx/testkit';
import { contractMetrics, labelSets } from './metrics-contract';
import { accessToken, logIn, withPlatformClosed } from './platform-access';
import { startStack, type Stack } from './stack';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ env: { BACKUP_RETRY_SECONDS: '1', BACKUP_MAX_ATTEMPTS: '2' } });
}, 240_000);
afterAll(() => stack.remove());

const wide = { timeoutMs: 120_000, intervalMs: 200 };

const call = (path: string, authorization?: string) =>
  fetch(stack.url('gateway', path), authorization ? { headers: { authorization } } : {});
const messages = async () =>
  (await (await fetch(stack.url('slack', '/messages'))).json()) as
    { text: string }[] | { messages: { text: string }[] };
async function slackTexts(): Promise<string[]> {
  const answer = await messages();
  return (Array.isArray(answer) ? answer : answer.messages).map((message) => message.text);
}

describe('a user of the platform', () => {
  it('logs in and reaches the upstream through the gateway, which says who is calling', async () => {
    const token = await accessToken(stack);
    const wallets = await call('/api/wallets?limit=3', `Bearer ${token}`);
    expect(wallets.status).toBe(200);
    expect(JSON.stringify(await wallets.json())).toContain('"id"');
    const whoami = (await (await call('/api/whoami', `Bearer ${token}`)).json()) as Record<string, string>;
    expect(JSON.stringify(whoami)).toMatch(/user:|[0-9a-f-]{36}/);
    const me = await call('/auth/me', `Bearer ${token}`);
    expect(me.status).toBe(200);
  });

  it('is told in the words of RFC 6750 why it may not pass', async () => {
    const none = await call('/api/wallets');
    expect(none.status).toBe(401);
    expect(none.headers.get('www-authenticate')).toMatch(/^Bearer(?!.*error)/);
    const bad = await call('/api/wallets', 'Bearer not-a-token');
    expect(bad.status).toBe(401);
    expect(bad.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect(bad.headers.get('content-type')).toContain('application/problem+json');
    expect((await logIn(stack, 'wrong password')).status).toBe(401);
  });

  it('without the scope of a route gets 403', async () => {
    const added = await stack.shell(
      'swfx users add reader@smartwalletfx.test --scopes platform:read --generate --json',
    );
    expect(added.code).toBe(0);
    const { password } = JSON.parse(added.stdout) as { password: string };
    const answer = await fetch(stack.url('gateway', '/auth/login'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'reader@smartwalletfx.test', password }),
    });
    const { access_token: token } = (await answer.json()) as { access_token: string };
    const write = await fetch(stack.url('gateway', '/api/transactions'), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{}',
    });
    expect(write.status).toBe(403);
    expect(write.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
    expect((await call('/api/tokens', `Bearer ${token}`)).status).toBe(200);
  });
});

describe('the published contract', () => {
  it.each(contractMetrics)('has $name on $port with its labels', async ({ port, name, type, labels }) => {
    const text = await (await fetch(stack.url(port as 'gatewayOperations', '/metrics'))).text();
    expect(text).toContain(`# TYPE ${name} ${type}`);
    const sets = labelSets(text, name, type);
    expect(sets.length).toBeGreaterThan(0);
    for (const set of sets) expect(set).toEqual([...labels].sort());
  });

  it.each([
    'gateway',
    'gatewayOperations',
    'rotationOperations',
    'backupOperations',
    'dispatcherOperations',
  ] as const)('has /health on %s in the published shape', async (port) => {
    const health = await waitUntil(async () => {
      const answer = await fetch(stack.url(port, '/health'));
      return answer.status === 200 ? ((await answer.json()) as object) : undefined;
    }, wide);
    expect(health).toEqual({
      status: 'healthy',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      version: '1.0.0',
      checks: { database: 'healthy', redis: 'healthy', celery: 'healthy' },
    });
  });

  it('shows a first backup, proven to restore, and a first rotation', async () => {
    const metric = async (port: 'backupOperations' | 'rotationOperations', pattern: RegExp) =>
      pattern.test(await (await fetch(stack.url(port, '/metrics'))).text());
    await waitUntil(() => metric('backupOperations', /^db_backup_total\{env="development"\} [1-9]/m), wide);
    await waitUntil(
      () =>
        metric(
          'backupOperations',
          /^db_backup_last_success_timestamp_seconds\{database="platform"\} 1\d{9}/m,
        ),
      wide,
    );
    await waitUntil(
      () =>
        metric('backupOperations', /^db_backup_last_proven_timestamp_seconds\{database="platform"\} 1\d{9}/m),
      wide,
    );
    await waitUntil(() => metric('rotationOperations', /^jwt_key_rotations_total [1-9]/m), wide);
  });
});

describe('the seed’s command lines, verbatim', () => {
  it.each([
    `grep '"action":"db_backup"' logs/audit.log | jq .`,
    `grep '"action":"db_backup"' /var/log/audit.log | \\
  jq 'select(.timestamp > (now - 86400 | todate))'`,
    `curl -s http://localhost:9090/metrics | grep jwt_key_rotations_total`,
    `curl -s http://localhost:9090/metrics | grep jwt_key_retirements_total`,
    `curl -s http://localhost:9090/metrics | grep jwt_key_rotation_errors_total`,
  ])('%s', async (line) => {
    const { code, stdout, stderr } = await stack.shell(line);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.trim()).not.toBe('');
  });

  it('the average backup size is a number', async () => {
    const { stdout } = await stack.shell(`# Extract backup durations from audit logs
grep '"action":"db_backup_succeeded"' /var/log/audit.log | \\
  jq -r '.size_bytes' | \\
  awk '{sum+=$1; count++} END {print "Average size:", sum/count, "bytes"}'`);
    expect(stdout).toMatch(/^Average size: [\d.e+]+ bytes$/m);
  });

  it('tail -f of the audit log through jq shows every record', async () => {
    const { code, stdout } = await stack.shell(
      'timeout 3 tail -n +1 -f logs/audit.log | jq . ; [ ${PIPESTATUS[0]} = 124 ]',
    );
    expect(code).toBe(0);
    expect(stdout).toContain('"logger": "audit"');
  });
});

describe('a backup that fails', () => {
  it('is recorded, counted, and told in the channel in the published form; then backups work again', async () => {
    await withPlatformClosed(stack, async () => {
      const run = await stack.shell('swfx backup run platform --json');
      expect(run.code).toBe(1);
      const text = await waitUntil(
        async () => (await slackTexts()).find((message) => /backup failed/i.test(message)),
        wide,
      );
      expect(text).toMatch(/^🚨 \[DEVELOPMENT\] .*\nError: .+\nTimestamp: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/);
      const failed = await stack.shell(`grep '"action":"db_backup_failed"' /var/log/audit.log`);
      expect(JSON.parse(failed.stdout.trim().split('\n').at(-1) as string)).toMatchObject({
        outcome: 'failure',
        database: 'platform',
        error: expect.any(String),
        reason: expect.any(String),
      });
      const metrics = await (await fetch(stack.url('backupOperations', '/metrics'))).text();
      expect(metrics).toMatch(/^db_backup_failed_total\{env="development"\} [1-9]/m);
    });
    expect((await stack.shell('swfx backup run platform --json')).code).toBe(0);
  });
});

describe('a rotation that fails', () => {
  it('is told in the channel too', async () => {
    const run = await stack.shell('swfx keys rotate --simulate-failure --json');
    expect(run.code).toBe(1);
    const text = await waitUntil(
      async () => (await slackTexts()).find((message) => /rotation failed/i.test(message)),
      wide,
    );
    expect(text).toMatch(/^🚨 \[DEVELOPMENT\] .*\nError: .+\nTimestamp: /);
    const metrics = await (await fetch(stack.url('rotationOperations', '/metrics'))).text();
    expect(metrics).toMatch(/^jwt_key_rotation_errors_total [1-9]/m);
  });
});

describe('an operator', () => {
  it.each([
    'swfx status',
    'swfx keys list',
    'swfx backup list',
    'swfx alerts list',
    'swfx users list',
    'swfx tasks list',
    'swfx logs api-gateway -n 5',
  ])('sees a table with %s, and the same as JSON', async (command) => {
    const table = await stack.shell(command);
    expect({ code: table.code, stderr: table.stderr }).toEqual({ code: 0, stderr: '' });
    const json = await stack.shell(`${command} --json | jq -c . | head -n 1`);
    expect(json.code).toBe(0);
    expect(json.stdout.trim()).toMatch(/^[[{]/);
  });

  it('sees a test alert arrive', async () => {
    const test = await stack.shell('swfx alerts test --wait');
    expect({ code: test.code, stderr: test.stderr }).toEqual({ code: 0, stderr: '' });
  });
});
