import { parseArgs } from 'node:util';

/**
 * Parses what `npm start` was asked for: `{ ok: true, options }`, or `{ ok: false, problem }` with a sentence. It is
 * done before anything is installed: a slip of the pen is told at once. Pure.
 */
export function parseStartOptions(args) {
  try {
    const { values } = parseArgs({ args, options: knownOptions, strict: true });
    const { yes, reset, watch, monitoring, 'free-ports': freePorts, 'state-dir': stateDir } = values;
    const env = Object.fromEntries((values.env ?? []).map(parseSetting));
    if (stateDir === '') throw new Error('--state-dir names no folder.');
    return { ok: true, options: { yes, reset, watch, monitoring, freePorts, stateDir, env } };
  } catch (error) {
    return { ok: false, problem: `${error.message.replace(/\..*$/s, '')}.` };
  }
}

const flag = { type: 'boolean', default: false };
const knownOptions = {
  yes: { ...flag, short: 'y' },
  reset: flag,
  watch: flag,
  'free-ports': flag,
  monitoring: flag,
  'state-dir': { type: 'string' },
  env: { type: 'string', multiple: true },
};

function parseSetting(text) {
  const match = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(text);
  if (!match) throw new Error(`--env takes NAME=VALUE, not ${text}.`);
  return [match[1], match[2]];
}
