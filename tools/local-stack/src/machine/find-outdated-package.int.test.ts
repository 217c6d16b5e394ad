import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const file = pathToFileURL(join(__dirname, '../../bin/find-outdated-package.mjs')).href;

type Packages = Record<string, { version?: string; optional?: boolean; link?: boolean }>;

/** The module is one of those that run before anything is installed or compiled, and is tried like that. */
async function ask(lock: Packages, installed: Packages | undefined, present: string[] = []): Promise<string> {
  const facts = [{ packages: lock }, installed && { packages: installed }].map(
    (fact) => JSON.stringify(fact) ?? 'undefined',
  );
  const call = `findOutdatedPackage(${facts.map(String).join()}, (path) => ${JSON.stringify(present)}.includes(path))`;
  const code = `import { findOutdatedPackage } from '${file}'; console.log(${call} ?? 'up to date');`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code]);
  return stdout.trim();
}

describe('findOutdatedPackage', () => {
  const zod = { 'node_modules/zod': { version: '4.0.0' } };

  it('is content with what the lock file says', async () => {
    expect(await ask({ '': {}, ...zod }, zod)).toBe('up to date');
  });

  it('notices that nothing is installed, and that a package has changed', async () => {
    expect(await ask(zod, undefined)).toBe('none are installed yet');
    expect(await ask(zod, { 'node_modules/zod': { version: '3.0.0' } })).toBe('zod has changed');
    expect(await ask(zod, {})).toBe('zod has changed');
  });

  it('does not miss what is for other platforms', async () => {
    expect(await ask({ 'node_modules/fsevents': { version: '2.0.0', optional: true } }, {})).toBe(
      'up to date',
    );
  });

  it('misses the link to a project of the workspace', async () => {
    const lock = { 'libs/new': {}, 'node_modules/@swfx/new': { link: true } };
    expect(await ask(lock, {})).toBe('node_modules/@swfx/new is missing');
    expect(await ask(lock, {}, ['node_modules/@swfx/new'])).toBe('up to date');
  });
});
