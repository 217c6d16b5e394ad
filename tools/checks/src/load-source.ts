import { createRequire } from 'node:module';
import { join } from 'node:path';
import { compileFunction } from 'node:vm';
import { buildSync } from 'esbuild';
import { repositoryRoot } from './repository';

/**
 * The exports of a source file of the repository. A tool may not import an app, so the file is bundled and run, as
 * the app itself is. Throws esbuild's error where it cannot be bundled.
 */
export function loadSource<Exports>(path: string): Exports {
  const file = join(repositoryRoot, path);
  const { outputFiles } = buildSync({
    entryPoints: [file],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    loader: { '.node': 'empty' },
    write: false,
    logLevel: 'silent',
  });
  const module = { exports: {} as Exports };
  const run = compileFunction(outputFiles[0]?.text ?? '', ['module', 'exports', 'require'], {
    filename: file,
  }) as (...parameters: unknown[]) => void;
  run(module, module.exports, createRequire(file));
  return module.exports;
}
