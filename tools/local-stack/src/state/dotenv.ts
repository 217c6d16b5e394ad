import { readFile } from 'node:fs/promises';

/** The settings of an env file, none if there is no such file. */
export async function readDotenv(file: string): Promise<Record<string, string>> {
  return parseDotenv(await readFile(file, 'utf8').catch(() => ''));
}

/** Parses `NAME=value` lines: blank lines and comments are passed over, quotes round a value taken off. Pure. */
export function parseDotenv(text: string): Record<string, string> {
  const matches = text.split('\n').map((line) => /^\s*(?:export\s+)?([A-Za-z_]\w*)=(.*?)\s*$/.exec(line));
  const entries = matches.flatMap((match) => (match ? [[match[1], unquote(match[2] ?? '')]] : []));
  return Object.fromEntries(entries) as Record<string, string>;
}

function unquote(value: string): string {
  return /^(["']).*\1$/.test(value) ? value.slice(1, -1) : value;
}
