import type { Metrics } from '@swfx/metrics';

/** Keeps `celery_workers_active` true to the workers of this process that turn. */
export function observeWorkers(tasks: readonly { alive(): boolean }[], metrics: Metrics): void {
  metrics.onScrape(() => metrics.set('celery_workers_active', tasks.filter((task) => task.alive()).length));
}
