/**
 * `npm run storm:keys [rotations] [file]`: the storm in full, until it has seen so many rotations (1000 by default),
 * and what came of it as JSON.
 */
import { writeFileSync } from 'node:fs';
import { describeStorm } from './describe-storm';
import { runStorm } from './run-storm';

const [asked = '1000', file = 'docs/benchmarks/storm-keys.json'] = process.argv.slice(2);
const rotations = Number(asked);

async function main(): Promise<void> {
  const log = (line: string) => void process.stdout.write(`${line}\n`);
  const report = await runStorm({
    rotations,
    rounds: 13,
    maximumSeconds: 60 + rotations * 12,
    rotationsBetween: 8,
    callers: 6,
    log,
  });
  log(describeStorm(report));
  writeFileSync(file, `${JSON.stringify({ node: process.version, ...report }, null, 2)}\n`);
  const broken = [...report.validRefused, ...report.invalidAccepted, ...report.brokenPromises];
  if (broken.length > 0 || report.rotations < rotations) process.exitCode = 1;
}

void main();
