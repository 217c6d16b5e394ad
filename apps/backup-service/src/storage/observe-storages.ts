/**
 * Keeps the gauges of the storages true: whether each answers, what it holds, what it has free. A bucket is listed for
 * it, which costs money and time, so that it is looked at every few minutes, and when something of ours has changed it.
 * A storage that says nothing is not asked a second time before it has answered the first: a folder on a dead mount
 * would otherwise take one thread after another.
 */
import { errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import type { Metrics } from '@swfx/metrics';
import type { BackupStorage } from './backup-storage';

export interface StorageObserver {
  /** Looks soon, because something has changed. */
  refresh(): void;
  stop(): Promise<void>;
}

/** How long a storage may take before it counts as away. */
const patienceMs = 60_000;
/** What changes in quick succession is looked at once. */
const settleMs = 1_000;

/** Starts looking; the series are there from the first scrape. */
export function observeStorages(
  storages: readonly BackupStorage[],
  options: { everySeconds: number; metrics: Metrics; logger: Logger },
): StorageObserver {
  const observers = storages.map((storage) => observeStorage(storage, options));
  return {
    refresh: () => observers.forEach((observer) => observer.refresh()),
    stop: async () => void (await Promise.all(observers.map((observer) => observer.stop()))),
  };
}

function observeStorage(
  storage: BackupStorage,
  options: { everySeconds: number; metrics: Metrics; logger: Logger },
): StorageObserver {
  const say = createTeller(storage, options);
  let stopped = false;
  let looking: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  function next(delayMs: number): void {
    clearTimeout(timer);
    if (stopped) return;
    timer = setTimeout(() => {
      looking ??= look(storage, options.metrics, say).finally(() => {
        looking = undefined;
        next(options.everySeconds * 1000);
      });
    }, delayMs);
    timer.unref();
  }
  next(0);
  return {
    refresh: () => next(settleMs),
    async stop() {
      stopped = true;
      clearTimeout(timer);
      // One that says nothing is not waited for.
      await Promise.race([looking, new Promise((resolve) => setTimeout(resolve, settleMs).unref())]);
    },
  };
}

type Teller = (answers: { up: true } | { up: false; error: unknown }) => void;

/** Sets whether a storage answers, and logs when that changes. */
function createTeller(
  { name, place }: BackupStorage,
  { metrics, logger }: { metrics: Metrics; logger: Logger },
): Teller {
  const label = { storage: name };
  let wasUp = true;
  metrics.set('backup_storage_used_bytes', 0, label);
  metrics.set('backup_storage_up', 1, label);
  return (answers) => {
    metrics.set('backup_storage_up', answers.up ? 1 : 0, label);
    if (answers.up && !wasUp) logger.info('A storage answers again', { ...label, place });
    if (!answers.up && wasUp)
      logger.warn('A storage does not answer', { ...label, place, error: errorMessage(answers.error) });
    wasUp = answers.up;
  };
}

async function look(storage: BackupStorage, metrics: Metrics, say: Teller): Promise<void> {
  const silent = new Error(`it has said nothing for ${patienceMs / 1000} s`);
  const patience = setTimeout(() => say({ up: false, error: silent }), patienceMs);
  patience.unref();
  try {
    await measure(storage, metrics);
    say({ up: true });
  } catch (error) {
    say({ up: false, error });
  } finally {
    clearTimeout(patience);
  }
}

async function measure(storage: BackupStorage, metrics: Metrics): Promise<void> {
  const label = { storage: storage.name };
  const free = await storage.freeBytes();
  const objects = await storage.list('');
  const used = objects.reduce((total, object) => total + object.sizeBytes, 0);
  metrics.set('backup_storage_used_bytes', used, label);
  if (free !== undefined) metrics.set('backup_storage_free_bytes', free, label);
}
