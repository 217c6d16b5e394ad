import { isDatabaseUnavailable } from '@swfx/database';
import { AppError, errorMessage } from '@swfx/errors';

/** The part of a commander program that is needed to run it. */
export interface OperatorProgram {
  readonly commands: readonly OperatorProgram[];
  exitOverride(): unknown;
  parseAsync(argv: readonly string[]): Promise<unknown>;
}

/**
 * Runs an operator's command as this process. Exit codes: 0 done (or what the command set itself), 1 failed, 2 asked
 * wrongly or not configured. A failure is one sentence on standard error. A reader that goes away (`| head`) ends it
 * quietly.
 */
export async function runOperator(program: OperatorProgram, argv: readonly string[]): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  overrideExit(program);
  await program.parseAsync(argv).catch((error: unknown) => {
    const { exitCode, sentence } = explainFailure(error);
    process.exitCode = exitCode;
    if (sentence) process.stderr.write(`${sentence}\n`);
  });
}

/** How a command that threw ends: its exit code, and what is still to be said. */
export function explainFailure(error: unknown): { exitCode: number; sentence?: string } {
  // Commander has said its piece already; its code is 0 after --help and --version, and 1 otherwise.
  if (isCommanderError(error)) return { exitCode: error.exitCode === 0 ? 0 : 2 };
  if (isDatabaseUnavailable(error))
    return { exitCode: 1, sentence: `The ops database does not answer: ${errorMessage(error)}.` };
  if (isUnknownTable(error))
    return {
      exitCode: 1,
      sentence: `The ops database is behind (${errorMessage(error)}): run npx swfx db migrate.`,
    };
  const exitCode = error instanceof AppError && error.code === 'invalid_configuration' ? 2 : 1;
  return { exitCode, sentence: errorMessage(error) };
}

function overrideExit(program: OperatorProgram): void {
  program.exitOverride();
  program.commands.forEach(overrideExit);
}

function isUnknownTable(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === '42P01';
}

function isCommanderError(error: unknown): error is Error & { exitCode: number } {
  return error instanceof Error && String((error as { code?: unknown }).code).startsWith('commander.');
}
