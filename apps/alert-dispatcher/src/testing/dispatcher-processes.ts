import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Dispatchers as they are deployed, each a process of its own that can be ended at any moment. */
export interface DispatcherProcesses {
  /** Starts replica `index` anew; one that runs is ended first, with SIGKILL. */
  restart(index: number): Promise<void>;
  stop(): Promise<void>;
}

/** Processes of a bundle, with their files in a folder that is removed with them. */
export function dispatcherProcesses(
  program: string,
  environment: Record<string, string>,
): DispatcherProcesses {
  const folder = mkdtempSync(join(tmpdir(), 'swfx-storm-'));
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
      const files = {
        SPOOL_DIR: join(folder, `spool-${index}`),
        AUDIT_LOG_FILE: join(folder, `audit-${index}.log`),
        ACCESS_LOG_FILE: join(folder, `access-${index}.log`),
      };
      children[index] = spawn(process.execPath, [program], {
        env: { PATH: process.env['PATH'], ...files, ...environment },
        stdio: ['ignore', log, log],
      });
    },
    async stop() {
      for (const index of children.keys()) await kill(index);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
