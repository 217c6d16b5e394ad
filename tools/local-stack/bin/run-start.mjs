import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { root } from './root.mjs';
import { parseStartOptions } from './start-options.mjs';

/** Prints the help without installing anything, or brings packages and bundles up to date and starts the stack. */
export async function runStart(args) {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(await readFile(join(root, 'tools/local-stack/usage.txt'), 'utf8'));
    return;
  }
  const parsed = parseStartOptions(args);
  if (!parsed.ok) {
    console.error(`${parsed.problem} See: npm start -- --help`);
    process.exitCode = 2;
    return;
  }
  const build = await bootstrap();
  if (!build) return;
  // In this process, not in a child of it: a signal then reaches the one that has to act on it.
  const { start } = createRequire(import.meta.url)(join(root, 'tools/local-stack/dist/main.js'));
  process.exitCode = await start({ root, options: parsed.options, rebuild: build.rebuild });
}
