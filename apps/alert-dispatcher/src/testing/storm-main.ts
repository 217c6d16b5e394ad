/**
 * `npm run storm:alerts [kills] [incidents] [alerts]`: a flood of alerts, and the storm of kills, in full; writes
 * docs/benchmarks/storm-alerts.json.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { migrate } from '@swfx/database';
import { startTestPostgres, startTestRedis } from '@swfx/testkit';
import { runFlood } from './run-flood';
import { runStorm } from './run-storm';

const goalCriticalP95Seconds = 10;
const program = join(process.cwd(), 'apps/alert-dispatcher/dist/main.js');
const log = (line: string) => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const [kills = 1_000, incidents = 5_000, alerts = 5_000] = process.argv.slice(2).map(Number);
  const startedAt = Date.now();
  const flood = await withEngines((where) =>
    runFlood({ ...where, alerts, seconds: (alerts / 5_000) * 60, random: Math.random, log }),
  );
  log(JSON.stringify(flood, null, 2));
  const storm = await withEngines((where) =>
    runStorm({ ...where, kills, incidents, random: Math.random, log }),
  );
  log(JSON.stringify(storm, null, 2));
  const isSlow = flood.criticalP95Seconds > goalCriticalP95Seconds;
  if (storm.broken.length > 0 || flood.broken.length > 0 || isSlow) process.exitCode = 1;
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length };
  const minutes = Math.round((Date.now() - startedAt) / 60_000);
  const report = { machine, minutes, flood: { goalCriticalP95Seconds, ...flood }, storm };
  writeFileSync('docs/benchmarks/storm-alerts.json', `${JSON.stringify(report, null, 2)}\n`);
}

type Where = { program: string; adminUrl: string; databaseUrl: string; redisUrl: string };

/** A Postgres and a Redis for one run, which end with it. */
async function withEngines<Result>(run: (where: Where) => Promise<Result>): Promise<Result> {
  const [postgres, redis] = await Promise.all([startTestPostgres(), startTestRedis()]);
  try {
    const url = postgres.url();
    await migrate({ databaseUrl: url });
    return await run({ program, adminUrl: url, databaseUrl: url, redisUrl: redis.url });
  } finally {
    await Promise.all([postgres.drop(), redis.drop()]);
  }
}

void main();
