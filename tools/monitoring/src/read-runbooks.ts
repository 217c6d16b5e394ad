import { readFileSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { inRepository } from './repository';

/** A fenced block of a page: `bash` and `promql` are run against a live stack, `console` is not. */
export interface RunbookBlock {
  page: string;
  language: string;
  text: string;
}

const folder = 'docs/runbooks';

/** The pages of `docs/runbooks` and the page that leads to them, by name without `.md`. */
export function readRunbooks(): Record<string, string> {
  const names = readdirSync(inRepository(folder)).filter((name) => name.endsWith('.md'));
  const paths = [...names.map((name) => `${folder}/${name}`), 'docs/monitoring-and-alerting.md'];
  return Object.fromEntries(
    paths.map((path) => [basename(path, '.md'), readFileSync(inRepository(path), 'utf8')]),
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

/** The commands of a `bash` block: one a line, or more where each ends with a backslash; comments left out. Pure. */
export function commandsOf({ text }: RunbookBlock): string[] {
  const lines = text.replace(/\\\n\s*/g, '').split('\n');
  return lines.filter((line) => line.trim() !== '' && !line.trim().startsWith('#'));
}

/** Restores are tried where they are made; run at random they would take a database away. */
const triedElsewhere = ['restoring-a-database', 'recovering-the-ops-database'];

/** The blocks that the tests of monitoring answer for, of every page. */
export function runbookBlocks(): RunbookBlock[] {
  const pages = Object.entries(readRunbooks()).filter(([page]) => !triedElsewhere.includes(page));
  return pages.flatMap(([page, text]) => fencedBlocks(page, text));
}
