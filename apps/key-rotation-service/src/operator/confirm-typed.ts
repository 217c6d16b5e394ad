import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';

/** Puts a question to a person and gives back what they type. */
export type AskPerson = (question: string) => Promise<string>;

/** The person at the terminal; undefined where standard input is none. */
export function askPerson(): AskPerson | undefined {
  if (!process.stdin.isTTY) return undefined;
  return async (question) => {
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    return terminal.question(question).finally(() => terminal.close());
  };
}

/** Goes on only for someone who types the word, or has said `--yes`; otherwise the command ends as one that was misused. */
export async function confirmTyped(
  word: string,
  { yes, ask }: { yes?: boolean; ask: AskPerson | undefined },
  command: Command,
): Promise<void> {
  if (yes) return;
  if (!ask) command.error('This cannot be undone, and nobody can be asked. Repeat with --yes to do it.');
  const typed = await ask?.(`This cannot be undone. Type ${word} to do it: `);
  if (typed?.trim() !== word) command.error('Not done: what was typed is something else.');
}
