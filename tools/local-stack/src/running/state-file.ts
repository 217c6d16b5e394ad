/**
 * What `.swfx/state.json` tells other programs (`swfx status`, `swfx logs`, the end-to-end tests, the next start) about
 * a stack: who runs, where each child listens and logs. It holds passwords in URLs and is readable by its owner alone.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout } from '../state/layout';
import type { Ports } from '../machine/ports';
import { startOfProcess } from './process-identity';
import { writePrivateFile } from '../state/write-private-file';
import type { ChildStatus } from '../children/supervise';

export type StackState = {
  status: 'starting' | 'running' | 'stopping';
  pid: number;
  root: string;
  ports: Ports;
  urls: Record<string, string>;
  logsDir: string;
  auditLog: string;
  backupsDir: string;
  secretsFile: string;
  operatorFile: string;
  children: (ChildStatus & { startedAt?: string })[];
};

/** Reads the state that a stack has left; undefined where there is none that can be read. */
export async function readState(file: string): Promise<StackState | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  try {
    return JSON.parse(text) as StackState;
  } catch {
    return undefined;
  }
}

export type StateWriter = {
  /** Writes the state as it is now; calls that come while one is being written are joined into one. */
  write: () => Promise<void>;
};

type Facts = {
  layout: Layout;
  ports: Ports;
  urls: Record<string, string>;
  status: () => StackState['status'];
  children: () => ChildStatus[];
};

export function createStateWriter(facts: Facts): StateWriter {
  let last = Promise.resolve();
  let waiting = false;
  const write = async (): Promise<void> => {
    waiting = false;
    await writePrivateFile(
      facts.layout.stateFile,
      `${JSON.stringify(await describe(facts), undefined, 2)}\n`,
    );
  };
  return {
    write: () => {
      if (waiting) return last;
      waiting = true;
      return (last = last.then(write, write));
    },
  };
}

async function describe({ layout, ports, urls, status, children }: Facts): Promise<StackState> {
  const { root, logsDir, backupsDir, secretsFile, operatorFile } = layout;
  const identified = children().map(async (child) => ({
    ...child,
    startedAt: child.pid === undefined ? undefined : await startOfProcess(child.pid),
  }));
  const auditLog = join(logsDir, 'audit.log');
  const files = { root, logsDir, auditLog, backupsDir, secretsFile, operatorFile };
  return {
    status: status(),
    pid: process.pid,
    ports,
    urls,
    ...files,
    children: await Promise.all(identified),
  };
}
