/**
 * `npm run storm:keys`, `npm run bench:keys`: what takes too long for `npm test`. Brings the services' bundles up to
 * date, makes one of the named source, and runs it.
 */
import { cpSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { createBundler } from '../../local-stack/bin/bundle.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = fileURLToPath(new URL('../dist', import.meta.url));
const [source, ...words] = process.argv.slice(2);

await createBundler(root).rebuild();
// As deep as the sources of the tests, which find the repository from where they are.
const outfile = `${folder}/${basename(source, '.ts')}.js`;
await build({
  entryPoints: [`${root}${source}`],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  external: ['pg-native', 'fast-jwt', 'jose', 'jsonwebtoken', '@node-rs/argon2'],
  logLevel: 'error',
});
cpSync(`${root}libs/database/migrations`, `${folder}/migrations`, { recursive: true });
process.argv.splice(2, process.argv.length, ...words);
await import(outfile);
