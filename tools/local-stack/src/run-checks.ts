/**
 * `npm test`: everything that has to hold before a change lands, in one command, on a machine that has nothing.
 *
 * Every step runs, also after one has failed, so that one run tells all there is to mend; only the end-to-end tests
 * are left out when there is nothing to run them on. A step that passes is one line; one that fails shows its output.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Progress } from './progress';
import { provision } from './provision';
import { StackError } from './stack-error';

export type CheckStep = {
  name: string;
  /** A script of node_modules or of the repository, run with this Node. */
  script: string;
  args: string[];
  /** Left out when this step has failed. */
  needs?: string;
};

const nx = 'node_modules/.bin/nx';
const jestScript = 'node_modules/.bin/jest';

/** In the order in which they run: what is quick to tell comes first. */
export const checkSteps: CheckStep[] = [
  {
    name: 'format',
    script: 'node_modules/.bin/prettier',
    args: ['--check', '--log-level=warn', '.'],
  },
  { name: 'types', script: 'node_modules/@typescript/native/bin/tsc', args: ['-b'] },
  { name: 'references', script: nx, args: ['sync:check'] },
  // One process for the whole tree: each project alone would load the same types again.
  { name: 'lint', script: 'node_modules/eslint/bin/eslint.js', args: ['.'] },
  { name: 'unit tests', script: jestScript, args: ['--config', 'jest.unit.cjs', '--rootDir', '.'] },
  { name: 'build', script: 'tools/local-stack/bin/build.mjs', args: [] },
  { name: 'integration tests', script: jestScript, args: ['--config', 'jest.int.cjs', '--rootDir', '.'] },
  {
    name: 'end-to-end tests',
    script: jestScript,
    args: ['--config', 'jest.e2e.cjs', '--rootDir', 'tools/end-to-end'],
    needs: 'build',
  },
];

type CheckContext = { root: string; progress: Progress; environment: NodeJS.ProcessEnv };

/** Runs the steps and says in the end how many passed. Resolves with the exit code. */
export async function runChecks({ root, progress, environment }: CheckContext): Promise<number> {
  const started = Date.now();
  await provision({ root, yes: true, forTests: true, path: environment['PATH'], say: progress.say });
  const env = { ...environment, CI: 'true', NX_DAEMON: 'false', NX_NO_CLOUD: 'true', FORCE_COLOR: '0' };
  const failed: string[] = [];
  for (const step of checkSteps) {
    if (step.needs && failed.includes(step.needs)) {
      failed.push(step.name);
      progress.say(`  - ${step.name} left out: ${step.needs} failed`);
      continue;
    }
    await progress
      .step(step.name, () => runStep(root, step, env))
      .catch((error: StackError) => {
        failed.push(step.name);
        progress.say(`${error.message}\n${error.detail ?? ''}`);
      });
  }
  progress.say(summary(failed, checkSteps.length, Date.now() - started));
  progress.say(`steps: ${checkSteps.length - failed.length} passed, ${failed.length} failed`);
  return failed.length ? 1 : 0;
}

async function runStep(root: string, { script, args }: CheckStep, env: NodeJS.ProcessEnv): Promise<void> {
  const path = join(root, script);
  if (!existsSync(path)) throw new StackError(`${script} is not there.`);
  const child = spawn(process.execPath, [path, ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code === 0) return;
  const detail = Buffer.concat(output).toString('utf8').trim();
  throw new StackError(`It ended ${signal ? `by ${signal}` : `with exit code ${code}`}:`, { detail });
}

/** One line that says it all. Pure. */
export function summary(failed: string[], total: number, tookMs: number): string {
  const took = `${Math.floor(tookMs / 60_000)} min ${Math.round((tookMs % 60_000) / 1000)} s`;
  if (!failed.length) return `All ${total} steps passed in ${took}.`;
  return `${failed.length} of ${total} steps failed (${failed.join(', ')}) in ${took}.`;
}
