import { createRequire } from 'node:module';
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { root } from './root.mjs';

/** Brings packages and the local stack's own bundle up to date, and has it run every check there is. */
export async function runTest(args) {
  if (!(await bootstrap(['tools/local-stack']))) return;
  const { test } = createRequire(import.meta.url)(join(root, 'tools/local-stack/dist/main.js'));
  process.exitCode = await test({ root, args });
}
