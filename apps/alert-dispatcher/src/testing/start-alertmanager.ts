import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnServer } from '@swfx/postgres-server';
import { freePort, waitUntil } from '@swfx/testkit';

/** A real Alertmanager, of Debian's package. */
export interface Alertmanager {
  /** Posts alerts as Prometheus does. */
  post(
    alerts: { labels: Record<string, string>; annotations?: Record<string, string>; endsAt?: string }[],
  ): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one with a single receiver, that waits for nothing before it tells what is new. */
export async function startAlertmanager(receiver: object): Promise<Alertmanager> {
  const folder = mkdtempSync(join(tmpdir(), 'swfx-alertmanager-'));
  const port = await freePort();
  const pace = { group_wait: '0s', group_interval: '1s', repeat_interval: '1h' };
  const config = {
    route: { receiver: 'only', group_by: ['...'], ...pace },
    receivers: [{ name: 'only', ...receiver }],
  };
  writeFileSync(join(folder, 'alertmanager.yml'), JSON.stringify(config));
  const server = await spawnServer({
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
  const url = `http://127.0.0.1:${port}`;
  await waitUntil(async () => (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok, {
    timeoutMs: 30_000,
  });
  return {
    async post(alerts) {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${url}/api/v2/alerts`, {
        method: 'POST',
        headers,
        body: JSON.stringify(alerts),
      });
      if (answer.status !== 200) throw new Error(`Alertmanager answered ${answer.status}`);
    },
    async stop() {
      await server.stop([{ signal: 'SIGTERM', timeoutMs: 10_000 }]);
      rmSync(folder, { recursive: true });
    },
  };
}
