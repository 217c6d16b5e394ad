import type { Pool } from '@swfx/database';
import type { Metrics } from '@swfx/metrics';

/** Keeps `db_pool_connections` true to the pool at every scrape. */
export function observePool(pool: Pool, metrics: Metrics): void {
  metrics.onScrape(() => {
    metrics.set('db_pool_connections', pool.totalCount - pool.idleCount, { state: 'active' });
    metrics.set('db_pool_connections', pool.idleCount, { state: 'idle' });
    metrics.set('db_pool_connections', pool.waitingCount, { state: 'waiting' });
  });
}
