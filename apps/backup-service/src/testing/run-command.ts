import { captureOutput } from '@swfx/testkit';
import { register } from 'prom-client';
import { createProgram } from '../operator/create-program';

export interface CommandResult {
  out: string;
  err: string;
  exitCode: number;
}

/** Runs `swfx backup …` in this process, and returns what it says and how it ends. */
export async function runCommand(
  environment: Record<string, string>,
  ...args: string[]
): Promise<CommandResult> {
  register.clear();
  const program = createProgram(environment);
  const { code, out, err } = await captureOutput(() =>
    program.parseAsync(['node', 'swfx', 'backup', ...args]),
  );
  return { out, err, exitCode: code };
}
