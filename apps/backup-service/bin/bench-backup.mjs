/** `npm run bench:backup`: our backups beside the bare programs, on one database, in one run. `BENCH_MEGABYTES` sets its size. */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const project = fileURLToPath(new URL('..', import.meta.url));
const outfile = `${project}dist/bench-backup.js`;
await build({
  entryPoints: [`${project}src/testing/bench-backup.ts`],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  external: ['pg-native'],
  loader: { '.node': 'copy' },
  logLevel: 'error',
});
await import(outfile);
