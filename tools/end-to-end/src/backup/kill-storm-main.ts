/** `npm run storm:backup [turns]`: a `kill -9` at every step of a backup, so many times, and what was found each time. */
import { runKillStorm } from './run-kill-storm';

const turns = Number(process.argv[2] ?? 3);

async function main(): Promise<void> {
  const log = (line: string) => void process.stdout.write(`${line}\n`);
  const { kills, proven, brokenPromises } = await runKillStorm({ turns, log });
  log(`${kills} kills, ${proven} backups proven, ${brokenPromises.length} promises broken`);
  for (const sentence of brokenPromises) log(sentence);
  if (brokenPromises.length > 0) process.exitCode = 1;
}

void main();
