import { join } from 'node:path';
import { build, stop as stopEsbuild } from 'esbuild';

/** Bundles the dispatcher as it is deployed, into `folder`; returns the program. */
export async function bundleDispatcher(folder: string): Promise<string> {
  const program = join(folder, 'main.js');
  await build({
    entryPoints: [join(__dirname, '../main.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    target: 'node20',
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
    logLevel: 'error',
  });
  await stopEsbuild();
  return program;
}
