import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { StartOptions } from './start-options';

const run = promisify(execFile);
const file = pathToFileURL(join(__dirname, '../bin/start-options.mjs')).href;

/** The module runs before anything is installed or compiled, and is tried like that. */
async function parse(...args: string[]): Promise<unknown> {
  const call = `JSON.stringify(parseStartOptions(${JSON.stringify(args)}))`;
  const code = `import { parseStartOptions } from '${file}'; console.log(${call});`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code]);
  return JSON.parse(stdout);
}

describe('parseStartOptions', () => {
  it('asks for nothing by default', async () => {
    const flags = { yes: false, reset: false, watch: false, freePorts: false, monitoring: false };
    const options: StartOptions = { ...flags, env: {} };
    expect(await parse()).toEqual({ ok: true, options });
  });

  it('takes settings for the services, whose values may hold an equals sign', async () => {
    const parsed = await parse('--env', 'A=1', '--env', 'B=x=y', '--free-ports');
    expect(parsed).toMatchObject({ options: { freePorts: true, env: { A: '1', B: 'x=y' } } });
  });

  it.each([
    [['--fast'], "Unknown option '--fast'."],
    [['--env', 'novalue'], '--env takes NAME=VALUE, not novalue.'],
    [['please'], "Unexpected argument 'please'."],
  ])('refuses %j in one sentence', async (args, problem) => {
    expect(await parse(...args)).toEqual({ ok: false, problem });
  });
});
