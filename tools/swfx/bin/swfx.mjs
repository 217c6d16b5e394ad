#!/usr/bin/env node
/**
 * `npx swfx GROUP COMMAND`: gives the operator's environment to the bundle that knows the group, and becomes it. Each
 * app ships its own commands; this file knows of them only what src/groups.json says. The bundle runs in this very
 * process, so that its exit code, its signals and its terminal are the caller's without anything in between.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const groups = JSON.parse(readFileSync(new URL('../src/groups.json', import.meta.url), 'utf8'));

function main(words) {
  // As the local stack does: in the clone .swfx and logs, in a state folder of one's own everything inside that.
  process.env.SWFX_LOG_DIR ||= join(process.env.SWFX_STATE_DIR || root, 'logs');
  process.env.SWFX_STATE_DIR ||= join(root, '.swfx');
  loadOperatorEnvironment(join(process.env.SWFX_STATE_DIR, 'operator.env'));

  const group = Object.hasOwn(groups, words[0]) ? groups[words[0]] : undefined;
  const bundle = join(root, group ? group.bundle : 'tools/swfx/dist/main.js');
  if (!existsSync(bundle))
    return refuse(1, `There is no ${bundle} yet: run npm start or npm run build first.`);
  const missing = group && !asksForHelp(words) ? missingVariables() : [];
  if (missing.length > 0)
    return refuse(2, `${missing.join(' and ')} must be set; npm start does so for the local stack.`);
  process.argv[1] = bundle;
  createRequire(bundle)(bundle);
}

/** What is set already wins over the file, which the local stack writes. */
function loadOperatorEnvironment(file) {
  if (!existsSync(file)) return;
  try {
    process.loadEnvFile(file);
  } catch (error) {
    process.stderr.write(`${file} cannot be read (${error.code}); going on without it.\n`);
  }
}

function missingVariables() {
  return ['DATABASE_URL', 'REDIS_URL'].filter((name) => !process.env[name] && !process.env[`${name}_FILE`]);
}

function asksForHelp(words) {
  return words.length < 2 || words.some((word) => ['-h', '--help', 'help'].includes(word));
}

function refuse(exitCode, sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = exitCode;
}

main(process.argv.slice(2));
