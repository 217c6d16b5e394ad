/**
 * `npm run storm:alerts [kills] [incidents] [alerts]`: a flood of alerts, and the storm of kills, in full; writes
 * docs/benchmarks/storm-alerts.json. None of the one or the other leaves it out.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { migrate } from '@swfx/database';
import { startTestPostgres, startTestRedis } from '@swfx/testkit';
import { runFlood } from './run-flood';
import { runStorm } from './run-storm';

const file = 'docs/benchmarks/storm-alerts.json';
const goalCriticalP95Seconds = 10;
const program = join(process.cwd(), 'apps/alert-dispatcher/dist/main.js');
const log = (line: string) => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const [kills = 1_000, incidents = 5_000, alerts = 5_000] = process.argv.slice(2).map(Number);
  if (alerts > 0) await flood(alerts);
  if (kills > 0) await storm(kills, incidents);
}

async function flood(alerts: number): Promise<void> {
  const seconds = (alerts / 5_000) * 60;
  const flooded = await withEngines((where) =>
    runFlood({ ...where, alerts, seconds, random: Math.random, log }),
  );
  const isSlow = flooded.criticalP95Seconds > goalCriticalP95Seconds;
  write('flood', { goalCriticalP95Seconds, ...flooded }, isSlow || flooded.broken.length > 0);
}

async function storm(kills: number, incidents: number): Promise<void> {
  const startedAt = Date.now();
  const stormed = await withEngines((where) =>
    runStorm({ ...where, kills, incidents, random: Math.random, log }),
  );
  const minutes = Math.round((Date.now() - startedAt) / 60_000);
  write('storm', { minutes, ...stormed }, stormed.broken.length > 0);
}

/** Each part by itself, so that one can be run again without the other. */
function write(part: 'flood' | 'storm', result: object, failed: boolean): void {
  log(JSON.stringify(result, null, 2));
  if (failed) process.exitCode = 1;
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length };
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as object) : {};
  writeFileSync(file, `${JSON.stringify({ ...before, machine, [part]: result }, null, 2)}\n`);
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
