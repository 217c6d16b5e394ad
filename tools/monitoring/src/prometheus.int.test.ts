/** The product's Prometheus configuration in a real Prometheus, with nothing but its environment to tell it where it is. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnServer, type ServerProcess } from '@swfx/postgres-server';
import { freePort, startHttpStandIn, waitUntil, type HttpStandIn } from '@swfx/testkit';
import { inRepository } from './repository';

const folder = mkdtempSync(join(tmpdir(), 'swfx-prometheus-'));
let server: ServerProcess;
let alertmanager: HttpStandIn;
let url: string;

beforeAll(async () => {
  alertmanager = await startHttpStandIn();
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const deployed = readFileSync(inRepository('deploy/prometheus/prometheus.yml'), 'utf8')
    .replaceAll('15s', '1s')
    .replace('rules/*.yml', inRepository('deploy/prometheus/rules/*.yml'))
    .replace('targets: [alertmanager:9093]', `targets: ['${new URL(alertmanager.url).host}']`);
  writeFileSync(join(folder, 'prometheus.yml'), deployed);
  server = await spawnServer({
    program: 'prometheus',
    args: [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      '--enable-feature=expand-external-labels',
      // What fires before Alertmanager is discovered is said again soon, and not in a minute.
      '--rules.alert.resend-delay=1s',
      `--web.user-assets=${inRepository('docs')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    cwd: folder,
    env: { ...process.env, ENVIRONMENT: 'staging', ALERT_RUNBOOK_URL: `${url}/user/runbooks/` },
    stdio: ['ignore', 'ignore', 'ignore'],
  });
});
afterAll(async () => {
  await server?.stop([{ signal: 'SIGTERM', timeoutMs: 10_000 }]);
  await alertmanager?.stop();
  rmSync(folder, { recursive: true });
});

interface SentAlert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

it('tells Alertmanager its environment, and links to a runbook that it serves itself', async () => {
  const { labels, annotations } = await waitUntil(
    () =>
      alertmanager.requests
        .flatMap(({ body }) => JSON.parse(body) as SentAlert[])
        .find((alert) => alert.labels['alertname'] === 'Watchdog'),
    { timeoutMs: 60_000, describe: 'an alert at Alertmanager' },
  );
  expect(labels).toEqual({ alertname: 'Watchdog', severity: 'none', env: 'staging' });
  expect(annotations['runbook_url']).toBe(`${url}/user/runbooks/Watchdog.md`);
  const page = await fetch(annotations['runbook_url'] ?? '');
  expect(await page.text()).toMatch(/^# Watchdog\n/);
});
