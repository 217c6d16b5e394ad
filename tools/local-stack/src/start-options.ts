import { parseArgs } from 'node:util';

/** What `npm start` was asked for. `env` holds the `--env` settings. */
export type StartOptions = {
  yes: boolean;
  reset: boolean;
  watch: boolean;
  freePorts: boolean;
  monitoring: boolean;
  stateDir?: string;
  env: Record<string, string>;
};

/** Parses the command line; `problem` is a sentence. Pure. */
export function parseStartOptions(
  args: string[],
): { ok: true; options: StartOptions } | { ok: false; problem: string } {
  try {
    const { values } = parseArgs({ args, options: knownOptions, strict: true });
    const { yes, reset, watch, monitoring, 'free-ports': freePorts, 'state-dir': stateDir } = values;
    const env = Object.fromEntries((values.env ?? []).map(parseSetting));
    if (stateDir === '') throw new Error('--state-dir names no folder.');
    return { ok: true, options: { yes, reset, watch, monitoring, freePorts, stateDir, env } };
  } catch (error) {
    return { ok: false, problem: `${(error as Error).message.replace(/\..*$/s, '')}.` };
  }
}

const flag = { type: 'boolean', default: false } as const;
const knownOptions = {
  yes: { ...flag, short: 'y' },
  reset: flag,
  watch: flag,
  'free-ports': flag,
  monitoring: flag,
  'state-dir': { type: 'string' },
  env: { type: 'string', multiple: true },
} as const;

function parseSetting(text: string): [string, string] {
  const match = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(text);
  if (!match) throw new Error(`--env takes NAME=VALUE, not ${text}.`);
  return [match[1] as string, match[2] as string];
}
