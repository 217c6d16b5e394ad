/**
 * `npm run bench:backup`: our backups beside the bare programs, on one database, in one run; `BENCH_MEGABYTES` sets its
 * size. `npm run soak:backup [gigabytes]`: a large one, by the gigabyte. Bundles what is measured, and runs it.
 */
import { fileURLToPath } from 'node:url';
import { build, stop } from 'esbuild';

const project = fileURLToPath(new URL('..', import.meta.url));
const [name, ...words] = process.argv.slice(2);
const outdir = `${project}dist/bench`;
await build({
  entryPoints: [`${project}src/bench/${name}-main.ts`, `${project}src/bench/s3-main.ts`],
  outdir,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  external: ['pg-native'],
  loader: { '.node': 'copy' },
  logLevel: 'error',
});
// It would be measured too.
await stop();
process.argv.splice(2, process.argv.length, ...words);
await import(`${outdir}/${name}-main.js`);
