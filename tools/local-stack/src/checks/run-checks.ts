/**
 * `npm test`: everything that has to hold before a change lands, in one command, on a machine that has nothing.
 *
 * Every step runs, also after one has failed, so that one run tells all there is to mend; only the end-to-end tests
 * are left out when there is nothing to run them on. Steps run side by side; one that passes is one line when it has
 * ended, one that fails shows its whole output.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Progress } from '../screen/progress';
import { provision } from '../machine/provision';
import { runSideBySide, type SideTask } from './run-side-by-side';
import { StackError } from '../screen/stack-error';

export type CheckStep = SideTask & {
  /** A script of node_modules or of the repository, run with this Node. */
  script: string;
  args: string[];
};

const nx = 'node_modules/.bin/nx';
const jestScript = 'node_modules/.bin/jest';

/** How many steps run at once: most wait for processes and polls for most of their time, and fill no core alone. */
const stepsAtOnce = 2;

/** In the order in which they begin: what is quick to tell beside the long ones that wait most, then what fills a core. */
export const checkSteps: CheckStep[] = [
  { name: 'build', script: 'tools/local-stack/bin/build.mjs', args: [] },
  { name: 'types', script: 'node_modules/@typescript/native/bin/tsc', args: ['-b'] },
  {
    name: 'end-to-end tests',
    script: jestScript,
    args: ['--config', 'jest.e2e.cjs', '--rootDir', 'tools/end-to-end'],
    needs: 'build',
  },
  {
    name: 'format',
    script: 'node_modules/.bin/prettier',
    args: ['--check', '--log-level=warn', '.'],
  },
  { name: 'references', script: nx, args: ['sync:check'] },
  { name: 'integration tests', script: jestScript, args: ['--config', 'jest.int.cjs', '--rootDir', '.'] },
  // One process for the whole tree: each project alone would load the same types again.
  { name: 'lint', script: 'node_modules/eslint/bin/eslint.js', args: ['.'] },
  { name: 'unit tests', script: jestScript, args: ['--config', 'jest.unit.cjs', '--rootDir', '.'] },
];

type CheckContext = { root: string; progress: Progress; environment: NodeJS.ProcessEnv };

/** Runs the steps and says in the end how many passed. Resolves with the exit code. */
export async function runChecks({ root, progress, environment }: CheckContext): Promise<number> {
  const started = Date.now();
  await provision({ root, yes: true, forTests: true, path: environment['PATH'], say: progress.say });
  const env = { ...environment, CI: 'true', NX_DAEMON: 'false', NX_NO_CLOUD: 'true', FORCE_COLOR: '0' };
  const outcomes = await runSideBySide(checkSteps, stepsAtOnce, (step) => {
    const passed = progress.step(step.name, () => runStep(root, step, env)).then(() => true);
    return passed.catch((error: StackError) => {
      progress.say(`${error.message}\n${error.detail ?? ''}`);
      return false;
    });
  });
  const failed = checkSteps.filter(({ name }) => outcomes.get(name) !== 'passed');
  for (const { name, needs } of failed)
    if (outcomes.get(name) === 'left out') progress.say(`  - ${name} left out: ${needs} failed`);
  const names = failed.map(({ name }) => name);
  progress.say(summary(names, checkSteps.length, Date.now() - started));
  progress.say(`steps: ${checkSteps.length - failed.length} passed, ${failed.length} failed`);
  return failed.length ? 1 : 0;
}

async function runStep(
  root: string,
  { name, script, args }: CheckStep,
  env: NodeJS.ProcessEnv,
): Promise<void> {
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
  throw new StackError(`${name} ended ${signal ? `by ${signal}` : `with exit code ${code}`}:`, {
    detail,
  });
}

/** One line that says it all. Pure. */
export function summary(failed: string[], total: number, tookMs: number): string {
  const took = `${Math.floor(tookMs / 60_000)} min ${Math.round((tookMs % 60_000) / 1000)} s`;
  if (!failed.length) return `All ${total} steps passed in ${took}.`;
  return `${failed.length} of ${total} steps failed (${failed.join(', ')}) in ${took}.`;
}
