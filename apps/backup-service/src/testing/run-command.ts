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
  const said = { out: '', err: '' };
  const out = jest
    .spyOn(process.stdout, 'write')
    .mockImplementation((text) => ((said.out += String(text)), true));
  const err = jest
    .spyOn(process.stderr, 'write')
    .mockImplementation((text) => ((said.err += String(text)), true));
  try {
    register.clear();
    await createProgram(environment).parseAsync(['node', 'swfx', 'backup', ...args]);
    return { ...said, exitCode: Number(process.exitCode ?? 0) };
  } finally {
    process.exitCode = 0;
    out.mockRestore();
    err.mockRestore();
  }
}
