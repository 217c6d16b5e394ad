/** `npm run storm:keys [rotations]`: the storm in full, until it has seen so many rotations (1000 by default). */
import { describeStorm } from './describe-storm';
import { runStorm } from './run-storm';

const rotations = Number(process.argv[2] ?? 1_000);

async function main(): Promise<void> {
  const log = (line: string) => void process.stdout.write(`${line}\n`);
  const report = await runStorm({
    rotations,
    rounds: 8,
    maximumSeconds: 60 + rotations * 12,
    callers: 6,
    log,
  });
  log(describeStorm(report));
  const broken = [...report.validRefused, ...report.invalidAccepted, ...report.brokenPromises];
  if (broken.length > 0 || report.rotations < rotations) process.exitCode = 1;
}

void main();
