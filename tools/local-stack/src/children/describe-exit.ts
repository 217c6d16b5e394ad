import type { ServerExit } from '@swfx/postgres-server';

/** How a process ended, in words that follow its name: `with exit code 1`, `by SIGKILL`. Pure. */
export function describeExit({ code, signal }: ServerExit): string {
  return signal ? `by ${signal}` : `with exit code ${code ?? 'unknown'}`;
}
