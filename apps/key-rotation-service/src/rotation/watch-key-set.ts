/**
 * Looks at the key set every few seconds, for the gauges and for `/readyz`: the service can do its work when it can
 * read the set and open the key that signs.
 */
import type { Pool } from '@swfx/database';
import { errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import { intervalSeconds, nextRunOf } from '@swfx/messaging';
import type { Metrics } from '@swfx/metrics';
import type { Readiness } from '@swfx/service';
import { keyStates, readKeySet, type KeyRing, type KeySet } from '@swfx/signing-keys';
import { requireKeyEncryptionKeys, requireUsableKey } from './check-key-ring';
import { publishPolicy, type PublishedPolicy } from './publish-policy';
import { currentWait } from './rotation-requests';
import { rotationTask } from './rotation-task';

export interface KeySetWatch {
  ready(): Readiness;
  /** Looks now rather than at the next time. */
  look(): Promise<void>;
  stop(): Promise<void>;
}

export interface WatchOptions {
  pool: Pool;
  ring: KeyRing;
  metrics: Metrics;
  logger: Logger;
  cron: string;
  intervalMs: number;
  /** Shown to operators. */
  policy: PublishedPolicy;
}

/** Starts to look; the gauges are 0 until it has seen the set. */
export function watchKeySet(options: WatchOptions): KeySetWatch {
  const { pool, ring, metrics, logger } = options;
  let readiness = notReady('the key set has not been read yet');
  let activeSince: number | undefined;
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<void> = Promise.resolve();

  function conclude(next: Readiness): void {
    if (readiness.ready && !next.ready) logger.warn('Not able to rotate keys', { reason: next.reason });
    readiness = next;
  }
  async function look(): Promise<void> {
    try {
      const keySet = await readKeySet(pool);
      activeSince = localTimeOf(activatedAt(keySet), keySet.readAt);
      await setGauges(options, keySet);
      await publishPolicy(pool, options.policy);
      conclude(await readinessOf(pool, keySet, ring));
    } catch (error) {
      conclude(notReady(errorMessage(error)));
    }
  }
  async function loop(): Promise<void> {
    await look();
    // More often while it is not ready: somebody waits for that.
    const pauseMs = readiness.ready ? options.intervalMs : 1_000;
    if (!stopping) timer = setTimeout(() => (current = loop()), pauseMs);
  }
  metrics.onScrape(() => {
    const ageMs = activeSince === undefined ? 0 : performance.now() - activeSince;
    metrics.set('jwt_active_key_age_seconds', Math.max(0, ageMs) / 1000);
  });
  current = loop();

  return {
    ready: () => readiness,
    look,
    async stop() {
      stopping = true;
      clearTimeout(timer);
      await current;
    },
  };
}

function notReady(reason: string): Readiness {
  return { ready: false, reason };
}

async function readinessOf(pool: Pool, keySet: KeySet, ring: KeyRing): Promise<Readiness> {
  await requireKeyEncryptionKeys(pool, ring);
  const active = keySet.keys.find(({ state }) => state === 'active');
  if (!active) return notReady(`the key set is at epoch ${keySet.epoch} and has no active key`);
  await requireUsableKey(pool, active.kid, ring);
  return { ready: true };
}

async function setGauges({ pool, metrics, cron }: WatchOptions, keySet: KeySet): Promise<void> {
  const counts = await countByState(pool);
  for (const state of keyStates) metrics.set('jwt_keys', counts.get(state) ?? 0, { state });
  metrics.set('jwt_active_keys_total', (counts.get('active') ?? 0) + (counts.get('retiring') ?? 0));
  const nextRun = await nextRunOf(pool, rotationTask);
  metrics.set('jwt_next_rotation_timestamp_seconds', (nextRun?.getTime() ?? 0) / 1000);
  // The replica that saw the wait need not be the one that saw its end.
  if ((await currentWait(pool)) === undefined) metrics.set('jwt_rotation_awaited_verifiers', 0);
  metrics.set('jwt_rotation_interval_seconds', intervalSeconds(cron, keySet.readAt));
}

async function countByState(pool: Pool): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ state: string; count: number }>(
    'SELECT state, count(*)::int AS count FROM signing_key GROUP BY state',
  );
  return new Map(rows.map(({ state, count }) => [state, count]));
}

function activatedAt({ keys }: KeySet): Date | undefined {
  return keys.find(({ state }) => state === 'active')?.activatedAt ?? undefined;
}

/** An instant of Postgres's clock on this process's monotonic one, so that an age needs no clock to agree. */
function localTimeOf(instant: Date | undefined, readAt: Date): number | undefined {
  return instant && performance.now() - (readAt.getTime() - instant.getTime());
}
