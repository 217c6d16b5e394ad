/** The product's Alertmanager configuration in a real Alertmanager: who is told what, and what is held back by what. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnServer, type ServerProcess } from '@swfx/postgres-server';
import { freePort, startHttpStandIn, waitUntil, type HttpStandIn } from '@swfx/testkit';
import { localAlertmanagerConfig } from './local-alertmanager';
import { inRepository } from './repository';
import { runProgram } from './run-program';

const file = inRepository('deploy/alertmanager/alertmanager.yml');
const folder = mkdtempSync(join(tmpdir(), 'swfx-alertmanager-'));
let server: ServerProcess;
let receiver: HttpStandIn;
let url: string;

beforeAll(async () => {
  receiver = await startHttpStandIn();
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  for (const [name, text] of Object.entries({ token: 'a token', slack: `${receiver.url}/slack` }))
    writeFileSync(join(folder, name), text);
  const config = localAlertmanagerConfig(readFileSync(file, 'utf8'), {
    dispatcherUrl: `${receiver.url}/v1/alertmanager`,
    tokenFile: join(folder, 'token'),
    slackUrlFile: join(folder, 'slack'),
    watchdogUrl: `${receiver.url}/ping`,
    groupSeconds: 1,
  });
  writeFileSync(join(folder, 'alertmanager.yml'), config);
  server = await spawnServer({
    program: 'prometheus-alertmanager',
    args: [
      `--config.file=${join(folder, 'alertmanager.yml')}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
    cwd: folder,
    env: process.env,
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  await waitUntil(async () => (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok, {
    timeoutMs: 30_000,
  });
});
afterAll(async () => {
  await server?.stop([{ signal: 'SIGTERM', timeoutMs: 10_000 }]);
  await receiver?.stop();
  rmSync(folder, { recursive: true });
});

async function fire(...alerts: Record<string, string>[]): Promise<void> {
  const body = alerts.map((labels) => ({
    labels: { env: 'test', ...labels },
    annotations: { summary: `${labels['alertname']} summary`, description: 'what happened' },
  }));
  const answer = await fetch(`${url}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
}

const sentTo = (path: string, alertname: string) =>
  receiver.requests.find((request) => request.path === path && request.body.includes(alertname));
const arrives = (path: string, alertname: string) =>
  waitUntil(() => sentTo(path, alertname), { timeoutMs: 30_000, describe: `${alertname} at ${path}` });

async function inhibited(alertname: string): Promise<boolean> {
  const answer = await fetch(`${url}/api/v2/alerts?filter=alertname=${alertname}`);
  const alerts = (await answer.json()) as { status: { inhibitedBy: string[] } }[];
  return alerts.length > 0 && alerts.every(({ status }) => status.inhibitedBy.length > 0);
}

it('amtool takes the configuration', async () => {
  const { code, output } = await runProgram('amtool', ['check-config', file]);
  expect({ code, output }).toMatchObject({ code: 0 });
});

it.each([
  ['dispatcher', ['alertname=BackupFailure', 'severity=critical']],
  ['dispatcher', ['alertname=TargetDown', 'severity=warning']],
  ['direct', ['alertname=AlertDispatcherDown', 'severity=critical']],
  ['direct', ['alertname=NotificationsFailing', 'severity=critical']],
  ['direct', ['alertname=AlertsMissing', 'severity=warning']],
  ['watchdog', ['alertname=Watchdog', 'severity=none']],
])('the receiver %s gets %j', async (name, labels) => {
  const args = ['config', 'routes', 'test', `--config.file=${file}`, ...labels];
  expect((await runProgram('amtool', args)).output.split('\n')).toContain(name);
});

it('tells the dispatcher with its token, in groups', async () => {
  await fire(
    { alertname: 'BackupFailure', severity: 'critical', database: 'a' },
    { alertname: 'BackupFailure', severity: 'critical', database: 'b' },
  );
  const request = await arrives('/v1/alertmanager', 'BackupFailure');
  expect(request.headers['authorization']).toBe('Bearer a token');
  expect(JSON.parse(request.body)).toMatchObject({ version: '4', status: 'firing', truncatedAlerts: 0 });
});

it('tells Slack itself what the dispatcher cannot be trusted with, in the published form', async () => {
  await fire({ alertname: 'AlertDispatcherDown', severity: 'critical' });
  const { body } = await arrives('/slack', 'AlertDispatcherDown summary');
  expect(JSON.parse(body)).toMatchObject({
    attachments: [
      {
        title: '🚨 [TEST] AlertDispatcherDown summary',
        text: expect.stringMatching(/^Error: what happened\nTimestamp: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n/),
      },
    ],
  });
  expect(sentTo('/v1/alertmanager', 'AlertDispatcherDown')).toBeUndefined();
});

it('calls the switch outside', async () => {
  await fire({ alertname: 'Watchdog', severity: 'none' });
  await arrives('/ping', 'Watchdog');
});

it.each([
  [
    'a page over its ticket',
    { alertname: 'ErrorRateCritical', severity: 'critical', slo: 'errors' },
    { alertname: 'ErrorBudgetBurningSlowly', severity: 'warning', slo: 'errors' },
  ],
  [
    'Postgres over what needs it',
    { alertname: 'PostgresDown', severity: 'critical', job: 'postgres' },
    { alertname: 'JWTNoRotation', severity: 'critical' },
  ],
  [
    'a service over its target',
    { alertname: 'ServiceDown', severity: 'critical', job: 'backup-service' },
    { alertname: 'TargetDown', severity: 'warning', job: 'backup-service' },
  ],
  [
    'a job that is gone over its series',
    { alertname: 'TargetMissing', severity: 'critical', job: 'redis' },
    { alertname: 'EngineMetricsAbsent', severity: 'critical' },
  ],
  [
    'a key set that is not believed over the rotation that waits for it',
    { alertname: 'JWTKeySetRefused', severity: 'critical', reason: 'bad_signature' },
    { alertname: 'JWTRotationWaits', severity: 'critical' },
  ],
])('puts %s', async (_, cause: Record<string, string>, symptom: Record<string, string>) => {
  await fire(cause, symptom);
  await waitUntil(() => inhibited(symptom['alertname'] ?? ''), { timeoutMs: 30_000 });
  expect(await inhibited(cause['alertname'] ?? '')).toBe(false);
});

it('does not hold a ticket back for a page about something else', async () => {
  await fire(
    { alertname: 'QueueBacklog', severity: 'warning' },
    { alertname: 'UptimeBudgetBurningSlowly', severity: 'warning', slo: 'uptime' },
  );
  await arrives('/v1/alertmanager', 'UptimeBudgetBurningSlowly');
});
