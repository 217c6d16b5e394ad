/**
 * `npm run bench:backup`: our backups beside the bare programs, on one database, in one run; `BENCH_MEGABYTES` sets its
 * size. `npm run soak:backup [gigabytes]`: a large one, by the gigabyte. Bundles what is measured, and runs it.
 */
import { spawn } from 'node:child_process';
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
await stop();
// In a process that has nothing else in its memory.
const child = spawn(process.execPath, [`${outdir}/${name}-main.js`, ...words], { stdio: 'inherit' });
child.once('exit', (code) => (process.exitCode = code ?? 1));
