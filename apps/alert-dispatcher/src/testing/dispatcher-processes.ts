import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Alert } from '@swfx/alerts';
import { freePort } from '@swfx/testkit';

/** Dispatchers as they are deployed, each a process of its own that can be ended at any moment. */
export interface DispatcherProcesses {
  /** Starts replica `index` anew; one that runs is ended first, with SIGKILL. */
  restart(index: number): Promise<void>;
  /** Posts alerts to one replica after the other until one has accepted them. */
  post(alerts: readonly Alert[]): Promise<void>;
  stop(): Promise<void>;
}

const token = 'storm';

/** Two processes of a bundle, with their files in a folder that is removed with them. */
export async function dispatcherProcesses(
  program: string,
  environment: Record<string, string>,
): Promise<DispatcherProcesses> {
  const folder = mkdtempSync(join(tmpdir(), 'swfx-storm-'));
  const ports = [await freePort(), await freePort()];
  const children: (ChildProcess | undefined)[] = [];

  async function kill(index: number): Promise<void> {
    const child = children[index];
    children[index] = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  return {
    async restart(index) {
      await kill(index);
      const log = openSync(join(folder, `${index}.log`), 'a');
      const own = {
        ENVIRONMENT: 'test',
        PROMETHEUS_HOST: '127.0.0.1',
        PROMETHEUS_PORT: '0',
        HTTP_HOST: '127.0.0.1',
        HTTP_PORT: String(ports[index]),
        ALERT_INTAKE_TOKEN: token,
        SLACK_ALERTING_ENABLED: 'true',
        LOG_LEVEL: 'warn',
        SPOOL_DIR: join(folder, `spool-${index}`),
        AUDIT_LOG_FILE: join(folder, `audit-${index}.log`),
        ACCESS_LOG_FILE: join(folder, `access-${index}.log`),
      };
      children[index] = spawn(process.execPath, [program], {
        env: { PATH: process.env['PATH'], ...own, ...environment },
        stdio: ['ignore', log, log],
      });
    },
    async post(alerts) {
      for (let attempt = 0; !(await isAccepted(ports[attempt % 2] ?? 0, alerts)); attempt++) await sleep(50);
    },
    async stop() {
      for (const index of children.keys()) await kill(index);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Whether a replica has said that it keeps them: one that was killed before it could has not. */
async function isAccepted(port: number, alerts: readonly Alert[]): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(alerts),
    signal: AbortSignal.timeout(10_000),
  }).catch(() => undefined);
  // 408: so busy a machine that a head is not read in time.
  if (answer && ![202, 408, 503].includes(answer.status))
    throw new Error(`the intake answered ${answer.status}: ${await answer.text()}`);
  return answer?.status === 202;
}
