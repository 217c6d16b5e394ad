import type { Pool } from '@swfx/database';
import { databaseCheck, reportHealth, serviceVersion, type Readiness } from '@swfx/service';
import type { HeldAlerts } from './held-alerts';

/** Whether an alert could be accepted now: Postgres answers, or a Redis that is durable does. */
export async function checkAcceptance({ pool, held }: { pool: Pool; held: HeldAlerts }): Promise<Readiness> {
  const durableRedis = async () => {
    if (!(await held.isDurable())) throw new Error('Redis does not have every write on its disk at once');
  };
  const { checks } = await reportHealth({ database: databaseCheck(pool), durableRedis }, serviceVersion);
  if (Object.values(checks).includes('healthy')) return { ready: true };
  return { ready: false, reason: 'neither Postgres nor a durable Redis can keep an alert' };
}
