import { createSlackStandIn } from '@swfx/slack-stand-in';
import { createTestDatabase, createTestRedis, freePort, waitUntil } from '@swfx/testkit';
import { Registry } from 'prom-client';
import { intakeToken, startTestDispatcher } from './start-test-dispatcher';
import { startAlertmanager } from './testing/start-alertmanager';

it('tells of what a real Alertmanager sees fire and resolve, though it was restarted in between', async () => {
  const [database, redis, slack, port] = await Promise.all([
    createTestDatabase(),
    createTestRedis(),
    createSlackStandIn({ port: 0 }),
    freePort(),
  ]);
  const databaseUrl = await database.urlAs('swfx_dispatcher');
  const start = () =>
    startTestDispatcher({
      databaseUrl,
      redisUrl: redis.url,
      registry: new Registry(),
      settings: {
        HTTP_PORT: String(port),
        SLACK_ALERTING_ENABLED: 'true',
        SLACK_WEBHOOK_URL: slack.webhookUrl,
      },
    });
  const url = `http://127.0.0.1:${port}/v1/alertmanager`;
  const alertmanager = await startAlertmanager({
    webhook_configs: [{ url, http_config: { authorization: { credentials: intakeToken } } }],
  });
  const titles = () => slack.messages().map(({ text }) => text.split('\n')[0]);
  const labels = { alertname: 'DiskFull', severity: 'critical', job: 'postgres' };
  const annotations = { summary: 'The disk is full', description: '0 bytes are left' };

  const first = await start();
  await alertmanager.post([{ labels, annotations }]);
  await waitUntil(() => titles().includes('🚨 [TEST] The disk is full'));
  await first.stop();
  // Nobody listens: Alertmanager keeps it, and tries again.
  await alertmanager.post([{ labels, annotations, endsAt: new Date().toISOString() }]);
  const second = await start();
  await waitUntil(() => titles().includes('✅ [TEST] Resolved: The disk is full'));
  expect(titles()).toEqual(['🚨 [TEST] The disk is full', '✅ [TEST] Resolved: The disk is full']);

  await Promise.all([second.stop(), alertmanager.stop()]);
  await Promise.all([database.drop(), redis.drop(), slack.stop()]);
});
