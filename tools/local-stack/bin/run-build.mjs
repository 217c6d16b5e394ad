import { bootstrap } from './bootstrap.mjs';

export async function runBuild() {
  const build = await bootstrap();
  if (build)
    console.log(build.changed.length ? `Built ${build.changed.join(', ')}.` : 'Everything is up to date.');
}
