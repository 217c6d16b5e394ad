import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { ProcessOwner } from './unprivileged-owner';

/**
 * Whether `owner` (default: ourselves) can create files in `dir`. It is asked of the system as that user,
 * because mode bits say nothing about a parent folder, an access list or a read-only mount.
 */
export async function canUseFolder(dir: string, owner?: ProcessOwner): Promise<boolean> {
  const probe = 'f=$1/.swfx-probe-$$; : > "$f" && rm -f "$f" && cd "$1"';
  const child = spawn('/bin/sh', ['-c', probe, 'sh', dir], { ...owner, cwd: '/', stdio: 'ignore' });
  const [code] = (await once(child, 'exit').catch(() => [1])) as [number | null];
  return code === 0;
}
