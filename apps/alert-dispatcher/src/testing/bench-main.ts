/** `npm run bench:alerts [events]`: from an event to Slack, ours beside Alertmanager; writes docs/benchmarks/alerts.json. */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { migrate } from '@swfx/database';
import { startTestPostgres, startTestRedis } from '@swfx/testkit';
import { benchDelivery } from './bench-delivery';

const goalP99Ms = 100;

async function main(): Promise<void> {
  const [events = 500] = process.argv.slice(2).map(Number);
  const log = (line: string) => void process.stdout.write(`${line}\n`);
  const load = loadavg()[0];
  // As durable as in earnest: the promise to deliver is what a part of the time is spent on.
  const settings = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' };
  const [postgres, redis] = await Promise.all([
    startTestPostgres({ settings }),
    startTestRedis({ persistent: true }),
  ]);
  try {
    const databaseUrl = postgres.url();
    await migrate({ databaseUrl });
    const program = join(process.cwd(), 'apps/alert-dispatcher/dist/main.js');
    const figures = await benchDelivery({ program, databaseUrl, redisUrl: redis.url, events, log });
    for (const [name, { p50Ms, p99Ms, maxMs }] of Object.entries(figures))
      log(`${name}: p50 ${p50Ms} ms, p99 ${p99Ms} ms, at most ${maxMs} ms`);
    const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, load };
    const report = { machine, eventToAcceptedBySlack: { goalP99Ms, ...figures } };
    writeFileSync('docs/benchmarks/alerts.json', `${JSON.stringify(report, null, 2)}\n`);
  } finally {
    await Promise.all([postgres.drop(), redis.drop()]);
  }
}

void main();
