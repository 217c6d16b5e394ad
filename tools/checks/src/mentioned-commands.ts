import { codeSpans, fencedLines } from './markdown';

/** The commands of the repository that a document names: `npm …` and `npx swfx …`, one a string, without options. */
export function mentionedCommands(markdown: string): string[] {
  const lines = [...codeSpans(markdown), ...fencedLines(markdown)];
  const commands = lines.flatMap((line) => line.split(/ && | \| |; /)).map(withoutOptions);
  return [...new Set(commands.filter((command) => /^(npm (run|start|test)|npx swfx|swfx)\b/.test(command)))];
}

/** Whether a mentioned command exists, given the scripts of the root package and the commands of `swfx`. */
export function isCommand(command: string, scripts: readonly string[], swfx: readonly string[]): boolean {
  const [, script] = /^npm (?:run )?([\w:-]+)$/.exec(command) ?? [];
  if (script) return scripts.includes(script);
  const [, words = ''] = /^(?:npx )?swfx ?(.*)$/.exec(command) ?? [];
  return words === '' || swfx.some((known) => `${words} `.startsWith(`${known} `));
}

function withoutOptions(command: string): string {
  return command.replace(/ (--|-\w|<|\[|…).*$/, '').trim();
}
