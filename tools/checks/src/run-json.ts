import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from './repository';

/**
 * Runs a program of the repository that reads JSON and writes JSON, in a Node of its own: prettier and ESLint load
 * their configuration as ES modules, which Jest does not allow. Throws when the program fails.
 */
export function runJson<Output>(program: string, input: unknown): Output {
  const output = execFileSync(process.execPath, [join(repositoryRoot, program)], {
    cwd: repositoryRoot,
    input: JSON.stringify(input),
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  return JSON.parse(output) as Output;
}
