import { installPackages } from './install-packages.mjs';
import { root } from './root.mjs';

/**
 * Brings node_modules and the bundles (of `projects`, default all) up to date. Returns what was rebuilt and how to
 * rebuild; or undefined, having said why and set the exit code.
 */
export async function bootstrap(projects) {
  try {
    await installPackages(root);
    const { createBundler } = await import('./bundle.mjs');
    const bundler = createBundler(root, projects);
    return { changed: await bundler.rebuild(), rebuild: bundler.rebuild };
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
    return undefined;
  }
}
