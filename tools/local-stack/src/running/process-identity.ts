import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * When a process started, as the system tells it: with its pid that is who it is, for a pid alone may long belong to
 * somebody else. Undefined when there is no such process (or it has ended and only waits to be collected).
 */
export async function startOfProcess(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat !== undefined) return parseProcessStart(stat);
  const { stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.trim() || undefined;
}

/** The start time, in ticks since boot, in the text of /proc/<pid>/stat; undefined for a zombie. Pure. */
export function parseProcessStart(stat: string): string | undefined {
  // The name in the second field may hold spaces and brackets, so counting begins after its last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : fields[19];
}
