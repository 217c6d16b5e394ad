import { createProgress } from './progress';
import { explainError } from './explain-error';
import { paint } from './paint';
import { runChecks } from './run-checks';
import { runStack } from './run-stack';
import { standardOutput } from './standard-output';
import { parseStartOptions } from './start-options';
import { listenForStop } from './stop-request';

/** `npm start`: runs the stack until it is asked to stop. Resolves with the exit code. */
export async function start(options: {
  root: string;
  args: string[];
  rebuild: () => Promise<string[]>;
}): Promise<number> {
  const { root, args, rebuild } = options;
  const parsed = parseStartOptions(args);
  if (!parsed.ok) return complain(new Error(`${parsed.problem} See: npm start -- --help`), 2);
  const output = standardOutput();
  const progress = createProgress(output);
  const inherited = { path: process.env['PATH'], home: process.env['HOME'] };
  const stop = listenForStop();
  return runStack({ root, options: parsed.options, output, progress, stop, inherited, rebuild }).then(
    () => 0,
    (error: unknown) => complain(error),
  );
}

/** `npm test`: every check there is. Resolves with the exit code. */
export async function test({ root }: { root: string; args: string[] }): Promise<number> {
  const progress = createProgress(standardOutput());
  return runChecks({ root, progress, environment: process.env }).catch((error: unknown) => complain(error));
}

function complain(error: unknown, exitCode = 1): number {
  const { sentence, detail } = explainError(error);
  const red = paint(Boolean(process.stderr.isTTY)).red;
  process.stderr.write(`${red(sentence)}\n${detail ? `${detail}\n` : ''}`);
  return exitCode;
}
