/**
 * Bundles each app and tool into its `dist`: one CommonJS file per entry, which runs on Node 20 with no node_modules.
 * Native modules (`.node`) and the SQL migrations are copied beside it. A file is written only if its content has
 * changed, so that whoever watches knows which services to restart.
 */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, stop } from 'esbuild';

const tools = ['sample-platform', 'slack-stand-in', 'swfx', 'local-stack'].map((name) => `tools/${name}`);
const entries = ['main', 'operator'];
const thisFile = fileURLToPath(import.meta.url);

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
  const outdir = join(root, project, 'dist');
  const inputsFile = join(outdir, 'inputs.json');
  if (!sources.length || (await isUpToDate(root, inputsFile, sources))) return false;
  const result = await build({ ...options, entryPoints: sources, outdir, absWorkingDir: root });
  const inputs = [...Object.keys(result.metafile.inputs), relative(root, thisFile)];
  const migrations = await copyMigrations(root, outdir, inputs);
  const written = await Promise.all(result.outputFiles.map(writeIfChanged));
  await writeFile(inputsFile, JSON.stringify(await describeInputs(root, [...inputs, ...migrations])));
  return written.some(Boolean);
}

/** Bundling takes seconds; that no input has changed since is told in hundredths of one. */
async function isUpToDate(root, inputsFile, sources) {
  const before = JSON.parse(await readFile(inputsFile, 'utf8').catch(() => 'null'));
  if (!before || !sources.every((source) => before[relative(root, source)])) return false;
  const now = await describeInputs(root, Object.keys(before));
  return Object.entries(before).every(([path, description]) => now[path] === description);
}

/** Size and time of change of each file. */
async function describeInputs(root, paths) {
  const describe = async (path) => {
    const file = await stat(join(root, path)).catch(() => undefined);
    return [path, file && `${file.size} ${file.mtimeMs}`];
  };
  return Object.fromEntries(await Promise.all(paths.map(describe)));
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

/** Copies the migrations for a bundle that can run them. Returns their folder and files, as inputs. */
async function copyMigrations(root, outdir, inputs) {
  if (!inputs.some((path) => path.startsWith('libs/database/'))) return [];
  const folder = 'libs/database/migrations';
  const to = join(outdir, 'migrations');
  const names = await readdir(join(root, folder));
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true });
  await Promise.all(names.map((name) => copyFile(join(root, folder, name), join(to, name))));
  return [folder, ...names.map((name) => `${folder}/${name}`)];
}
