/** `npm run docs`: writes every generated document anew, from the sources that it describes. */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const project = fileURLToPath(new URL('..', import.meta.url));
const outfile = `${project}dist/write-documents.js`;
await build({
  entryPoints: [`${project}src/main.ts`],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  external: ['esbuild'],
  logLevel: 'error',
});
await import(outfile);
