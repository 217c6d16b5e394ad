/** `npm run storm:alerts [kills] [incidents]`: the storm in full; writes docs/benchmarks/storm-alerts.json. */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { migrate } from '@swfx/database';
import { startTestPostgres, startTestRedis } from '@swfx/testkit';
import { runStorm } from './run-storm';

async function main(): Promise<void> {
  const [kills = 1_000, incidents = 5_000] = process.argv.slice(2).map(Number);
  const log = (line: string) => void process.stdout.write(`${line}\n`);
  const [postgres, redis] = await Promise.all([startTestPostgres(), startTestRedis()]);
  const startedAt = Date.now();
  try {
    const url = postgres.url();
    await migrate({ databaseUrl: url });
    const program = join(process.cwd(), 'apps/alert-dispatcher/dist/main.js');
    const where = { program, adminUrl: url, databaseUrl: url, redisUrl: redis.url };
    const storm = await runStorm({ ...where, kills, incidents, random: Math.random, log });
    log(JSON.stringify(storm, null, 2));
    if (storm.broken.length > 0) process.exitCode = 1;
    const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length };
    const minutes = Math.round((Date.now() - startedAt) / 60_000);
    const report = { machine, minutes, ...storm };
    writeFileSync('docs/benchmarks/storm-alerts.json', `${JSON.stringify(report, null, 2)}\n`);
  } finally {
    await Promise.all([postgres.drop(), redis.drop()]);
  }
}

void main();
