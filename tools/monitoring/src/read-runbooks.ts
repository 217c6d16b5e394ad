import { readFileSync, readdirSync } from 'node:fs';
import { inRepository } from './repository';

/** A fenced block of a page: `bash` and `promql` are run against a live stack, `console` is not. */
export interface RunbookBlock {
  page: string;
  language: string;
  text: string;
}

const folder = 'docs/runbooks';

/** The pages of `docs/runbooks`, by name without `.md`. */
export function readRunbooks(): Record<string, string> {
  const names = readdirSync(inRepository(folder)).filter((name) => name.endsWith('.md'));
  return Object.fromEntries(
    names.map((name) => [name.slice(0, -3), readFileSync(inRepository(`${folder}/${name}`), 'utf8')]),
  );
}

/** The fenced blocks of a page, without the indentation that a list gives them. Pure. */
export function fencedBlocks(page: string, markdown: string): RunbookBlock[] {
  return [...markdown.matchAll(/^( *)```(\w+)\n([\s\S]*?)^ *```$/gm)].map(([, indent, language, text]) => ({
    page,
    language: language ?? '',
    text: (text ?? '').replace(new RegExp(`^${indent}`, 'gm'), '').trim(),
  }));
}

/** The queries of a `promql` block: one a line, comments left out. Pure. */
export function queriesOf({ text }: RunbookBlock): string[] {
  return text.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('#'));
}
