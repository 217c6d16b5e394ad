/** `npm run storm:alerts [kills] [incidents]`: the storm in full, 1,000 kills over 5,000 incidents by default. */
import { join } from 'node:path';
import { migrate } from '@swfx/database';
import { startTestPostgres, startTestRedis } from '@swfx/testkit';
import { runStorm } from './run-storm';

async function main(): Promise<void> {
  const [kills = 1_000, incidents = 5_000] = process.argv.slice(2).map(Number);
  const log = (line: string) => void process.stdout.write(`${line}\n`);
  const [postgres, redis] = await Promise.all([startTestPostgres(), startTestRedis()]);
  try {
    const url = postgres.url();
    await migrate({ databaseUrl: url });
    const program = join(process.cwd(), 'apps/alert-dispatcher/dist/main.js');
    const where = { program, adminUrl: url, databaseUrl: url, redisUrl: redis.url };
    const report = await runStorm({ ...where, kills, incidents, random: Math.random, log });
    log(JSON.stringify(report, null, 2));
    if (report.broken.length > 0) process.exitCode = 1;
  } finally {
    await Promise.all([postgres.drop(), redis.drop()]);
  }
}

void main();
