import { watch } from 'node:fs';
import { join } from 'node:path';

type WatchOptions = {
  root: string;
  /** Called after changes, once things have been quiet for a moment and never twice at once. */
  onChange: () => Promise<void>;
};

const quietMs = 150;

/** Watches the sources of apps, libs and tools. Returns how to stop. */
export function watchCode({ root, onChange }: WatchOptions): { stop: () => void } {
  let timer: NodeJS.Timeout | undefined;
  let working = Promise.resolve();
  const soon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => (working = working.then(onChange)), quietMs);
  };
  const watchers = ['apps', 'libs', 'tools'].map((folder) =>
    watch(join(root, folder), { recursive: true }, (_, name) => {
      if (name && isSource(name)) soon();
    }),
  );
  const stop = (): void => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
  return { stop };
}

/** Sources and migrations; not what is built from them, nor tests. Pure. */
export function isSource(path: string): boolean {
  return /(?:^|\/)(?:src|migrations)\//.test(path) && /(?<!\.test)\.(?:ts|sql|json)$/.test(path);
}
