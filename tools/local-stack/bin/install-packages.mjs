// Runs `npm ci` when node_modules is not what package-lock.json says, and not otherwise.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findOutdatedPackage } from './find-outdated-package.mjs';

/** Installs the packages if need be. Throws one sentence, with npm's own last lines, if npm fails. */
export async function installPackages(root) {
  const reason = findOutdatedPackage(
    readJson(join(root, 'package-lock.json')),
    installedPackages(root),
    (path) => existsSync(join(root, path)),
  );
  if (!reason) return;
  process.stdout.write(`Installing the packages (${reason}) …\n`);
  const started = Date.now();
  await npmCi(root);
  process.stdout.write(`Installed the packages in ${Math.round((Date.now() - started) / 1000)} s.\n`);
}

/** npm keeps what it has installed in a lock file of its own inside node_modules. */
function installedPackages(root) {
  const file = join(root, 'node_modules/.package-lock.json');
  return existsSync(file) ? readJson(file) : undefined;
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

async function npmCi(root) {
  const terminal = process.stdout.isTTY;
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error', ...(terminal ? ['--progress'] : [])];
  // NODE_ENV=production would leave out what bundles, checks and tests.
  const env = { ...process.env, NODE_ENV: 'development' };
  const npm = spawn('npm', args, { cwd: root, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let output = '';
  npm.stderr.on('data', (chunk) => {
    output += chunk;
    if (terminal) process.stderr.write(chunk);
  });
  const code = await new Promise((resolve, reject) => npm.once('error', reject).once('close', resolve)).catch(
    (error) => {
      throw new Error(`The packages could not be installed: npm cannot be run (${error.code}).`);
    },
  );
  if (code !== 0) throw new Error(`The packages could not be installed: npm ci failed.\n${output.trim()}`);
}
