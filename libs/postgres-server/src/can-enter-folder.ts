import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { ProcessOwner } from './unprivileged-owner';

/**
 * Whether `owner` (default: ourselves) can get to `dir`. It is asked of the system as that user, because the mode
 * of a folder says nothing about its parents, an access list or a user namespace.
 */
export async function canEnterFolder(dir: string, owner?: ProcessOwner): Promise<boolean> {
  const child = spawn('/bin/sh', ['-c', 'cd -- "$1"', 'sh', dir], { ...owner, cwd: '/', stdio: 'ignore' });
  const [code] = (await once(child, 'exit').catch(() => [1])) as [number | null];
  return code === 0;
}
