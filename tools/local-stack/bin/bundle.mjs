/**
 * Bundles each app and tool into its `dist`: one CommonJS file per entry, which runs on Node 20 with no node_modules.
 * Native modules (`.node`) and the SQL migrations are copied beside it. A file is written only if its content has
 * changed, so that whoever watches knows which services to restart.
 */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { build, stop } from 'esbuild';

const tools = ['sample-platform', 'slack-stand-in', 'swfx', 'local-stack'].map((name) => `tools/${name}`);
const entries = ['main', 'operator'];

/** `rebuild()` bundles `projects` (default: all that exist) and resolves with the names of those that changed. */
export function createBundler(root, projects) {
  return {
    async rebuild() {
      const all = projects ?? [...(await appsOf(root)), ...tools];
      try {
        const changed = await Promise.all(all.map((project) => bundleProject(root, project)));
        return all.filter((_, index) => changed[index]).map((project) => basename(project));
      } finally {
        await stop();
      }
    },
  };
}

async function appsOf(root) {
  const names = await readdir(join(root, 'apps'));
  return names.map((name) => `apps/${name}`);
}

async function bundleProject(root, project) {
  const sources = entries.map((name) => join(root, project, 'src', `${name}.ts`)).filter(existsSync);
  if (!sources.length) return false;
  const outdir = join(root, project, 'dist');
  const result = await build({ ...options, entryPoints: sources, outdir, absWorkingDir: root });
  const written = await Promise.all(result.outputFiles.map(writeIfChanged));
  await copyMigrations(root, outdir, result.metafile);
  return written.some(Boolean);
}

const options = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: true,
  sourcesContent: false,
  metafile: true,
  write: false,
  logLevel: 'error',
  loader: { '.node': 'copy' },
  assetNames: '[name]-[hash]',
  // Packages written as ES modules ask for their own address, which CommonJS tells in another way.
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
};

/** Written beside and renamed: a service that starts at this moment finds the old file or the new one. */
async function writeIfChanged({ path, contents }) {
  const present = await readFile(path).catch(() => undefined);
  if (present?.equals(contents)) return false;
  await mkdir(dirname(path), { recursive: true });
  const fresh = `${path}.${process.pid}`;
  await writeFile(fresh, contents);
  await rename(fresh, path);
  return !path.endsWith('.map');
}

async function copyMigrations(root, outdir, metafile) {
  const usesDatabase = Object.keys(metafile.inputs).some((path) => path.startsWith('libs/database/'));
  if (!usesDatabase) return;
  const from = join(root, 'libs/database/migrations');
  const to = join(outdir, 'migrations');
  const names = await readdir(from);
  await mkdir(to, { recursive: true });
  const stale = (await readdir(to)).filter((name) => !names.includes(name));
  await Promise.all(stale.map((name) => rm(join(to, name))));
  await Promise.all(names.map((name) => copyFile(join(from, name), join(to, name))));
}
