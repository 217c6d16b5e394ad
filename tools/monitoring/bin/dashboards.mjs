/** `npm run dashboards`: writes the dashboards of `deploy/grafana` anew, from `tools/monitoring/src/dashboards`. */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const project = fileURLToPath(new URL('..', import.meta.url));
const outfile = `${project}dist/write-dashboards.js`;
await build({
  entryPoints: [`${project}src/dashboards/write-dashboards.ts`],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  logLevel: 'error',
});
await import(outfile);
