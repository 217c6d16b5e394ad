import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runCommand, type CommandResult } from './run-command';

/** A page of the runbooks whose commands a test runs as they stand there, with names in place of `<…>`. */
export interface Runbook {
  /** Runs a line of the page, perhaps with more words; throws when the page has it not. */
  run(line: string, ...more: string[]): Promise<CommandResult>;
  /** The lines that were not run. */
  left(): string[];
}

/** Opens a page; both the environment and what stands for the names may change from line to line. */
export function openRunbook(
  page: string,
  facts: () => { environment: Record<string, string>; names: Record<string, string> },
): Runbook {
  const lines = new Set(
    commandsOf(readFileSync(join(__dirname, '../../../../docs/runbooks', `${page}.md`), 'utf8')),
  );
  const run = new Set<string>();
  return {
    async run(line, ...more) {
      if (!lines.has(line)) throw new Error(`the runbook ${page} has no line ${line}`);
      run.add(line);
      const { environment, names } = facts();
      const filled = fill(line, names);
      const [, words] = /^npx swfx backup (.*)$/.exec(filled) ?? [];
      if (words !== undefined) return runCommand(environment, ...words.split(' '), ...more);
      const { stdout, stderr } = await promisify(execFile)('bash', ['-c', `set -o pipefail; ${filled}`]);
      return { out: stdout, err: stderr, exitCode: 0 };
    },
    left: () => [...lines].filter((line) => !run.has(line)),
  };
}

function commandsOf(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^ *```bash\n([\s\S]*?)^ *```$/gm)].map(([, text]) => text ?? '');
  return blocks.flatMap((text) => text.split('\n').map((line) => line.trim())).filter((line) => line !== '');
}

/** The longest names first: one may be part of another. */
function fill(line: string, names: Record<string, string>): string {
  const longestFirst = Object.entries(names).sort(([a], [b]) => b.length - a.length);
  return longestFirst.reduce((filled, [name, value]) => filled.replaceAll(name, value), line);
}
