import { createProgress } from './screen/progress';
import { explainError } from './screen/explain-error';
import { paint } from './screen/paint';
import { runChecks } from './checks/run-checks';
import { runStack } from './run-stack';
import { standardOutput } from './screen/standard-output';
import type { StartOptions } from './start-options';
import { listenForStop } from './stop-request';

/** `npm start`: runs the stack until it is asked to stop. Resolves with the exit code. */
export async function start(asked: {
  root: string;
  options: StartOptions;
  rebuild: () => Promise<string[]>;
}): Promise<number> {
  const output = standardOutput();
  const progress = createProgress(output);
  const inherited = { path: process.env['PATH'], home: process.env['HOME'] };
  const stop = listenForStop();
  return runStack({ ...asked, output, progress, stop, inherited }).then(
    () => 0,
    (error: unknown) => complain(error),
  );
}

/** `npm test`: every check there is. Resolves with the exit code. */
export async function test({ root }: { root: string; args: string[] }): Promise<number> {
  const progress = createProgress(standardOutput());
  return runChecks({ root, progress, environment: process.env }).catch((error: unknown) => complain(error));
}

function complain(error: unknown): number {
  const { sentence, detail } = explainError(error);
  const red = paint(Boolean(process.stderr.isTTY)).red;
  process.stderr.write(`${red(sentence)}\n${detail ? `${detail}\n` : ''}`);
  return 1;
}
