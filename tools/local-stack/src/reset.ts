import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from './screen/ask';
import { endLeftovers } from './running/end-leftovers';
import { outsidePostgresFolder } from './state/postgres-home';
import type { Layout } from './state/layout';
import { StackError } from './screen/stack-error';
import { runningStack } from './running/stack-lock';
import { readState } from './running/state-file';

type ResetOptions = { yes: boolean; isTerminal: boolean; say: (line: string) => void };

/** Stops the stack that runs here, if any, and removes everything that it has written. Asks first on a terminal. */
export async function resetStack(layout: Layout, { yes, isTerminal, say }: ResetOptions): Promise<void> {
  const question = `Remove all data, logs and backups of the local stack in ${layout.stateDir}?`;
  if (!isTerminal && !yes)
    throw new StackError('Nothing was removed: where there is no terminal to ask on, --reset needs --yes.');
  if (!yes && !(await ask(question))) throw new StackError('Nothing was removed.');
  const pid = await runningStack(layout.lockFile);
  if (pid) {
    say(`Stopping the running stack (pid ${pid}) …`);
    await stopRunning(pid, layout.lockFile);
  }
  await endLeftovers(await readState(layout.stateFile));
  await removeData(layout);
  say('Removed the data, logs and backups of the local stack.');
}

async function stopRunning(pid: number, lockFile: string): Promise<void> {
  process.kill(pid, 'SIGTERM');
  const deadline = Date.now() + 90_000;
  while (await runningStack(lockFile)) {
    if (Date.now() > deadline) throw new StackError(`The running stack (pid ${pid}) does not stop.`);
    await sleep(100);
  }
}

/** By name, and never the folder as a whole: `--state-dir` may be one that holds other things too. */
async function removeData(layout: Layout): Promise<void> {
  const names = await readdir(layout.stateDir);
  const postgres = names.filter((name) => /^postgres-\d+(\.\w+)?$/.test(name));
  const inState = ['redis', ...postgres].map((name) => join(layout.stateDir, name));
  const { spoolDir, monitoringDir, logsDir, backupsDir, secretsFile, operatorFile, stateFile, lockFile } =
    layout;
  const all = [
    spoolDir,
    monitoringDir,
    logsDir,
    backupsDir,
    secretsFile,
    operatorFile,
    stateFile,
    lockFile,
    ...inState,
  ];
  await Promise.all(
    [...all, outsidePostgresFolder(layout)].map((path) => rm(path, { recursive: true, force: true })),
  );
}
