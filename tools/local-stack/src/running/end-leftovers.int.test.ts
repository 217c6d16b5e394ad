import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { endLeftovers } from './end-leftovers';
import { startOfProcess } from './process-identity';
import type { StackState } from './state-file';

const started: ChildProcess[] = [];
async function startSleeper(): Promise<ChildProcess & { pid: number }> {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  started.push(child);
  await once(child, 'spawn');
  return child as ChildProcess & { pid: number };
}
const stateOf = (pid: number, startedAt?: string): StackState =>
  ({
    children: [{ name: 'api-gateway', state: 'ready', logFile: '', pid, startedAt }],
  }) as unknown as StackState;

afterEach(() => started.splice(0).forEach((child) => child.kill('SIGKILL')));

describe('endLeftovers', () => {
  it('ends a process that the last start has left running', async () => {
    const { pid } = await startSleeper();
    expect(await endLeftovers(stateOf(pid, await startOfProcess(pid)))).toEqual(['api-gateway']);
    expect(await startOfProcess(pid)).toBeUndefined();
  });

  it('leaves a process alone that has merely got the same pid', async () => {
    const { pid } = await startSleeper();
    expect(await endLeftovers(stateOf(pid, 'long ago'))).toEqual([]);
    expect(await startOfProcess(pid)).toBeDefined();
  });

  it('has nothing to do after a clean stop', async () => {
    expect(await endLeftovers(undefined)).toEqual([]);
  });
});
