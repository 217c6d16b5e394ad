import type { Queryable } from '@swfx/database';
import type { Metrics } from '@swfx/metrics';
import { heartbeatDestination } from '../heartbeat/heartbeat-alert';

/** What the gauges show, as it was when Postgres was last asked. */
export interface DeliverySample {
  oldest: Date | null;
  critical: number;
  warning: number;
  info: number;
  /** Destinations whose breaker is open, of those that are served. */
  open: string[];
  missing: number;
  /** When the last heartbeat was taken outside. */
  heartbeatAt: Date | null;
  sampledAt: Date;
}

/** Samples what waits, what does not, and what never came. One statement, cheap enough for every poll. */
export async function sampleDelivery(
  db: Queryable,
  destinations: readonly string[],
): Promise<Omit<DeliverySample, 'missing'>> {
  const { rows } = await db.query<Omit<DeliverySample, 'missing' | 'sampledAt'>>(
    `WITH waiting AS (
       SELECT severity, CASE WHEN state = 'firing' THEN revised_at ELSE ended_at END AS since
       FROM alert_notice JOIN alert_incident AS incident ON incident.id = incident_id
       WHERE destination = ANY ($1) AND closed_at IS NULL AND muted_at IS NULL AND NOT escalation
         AND (sent_revision < revision OR state <> 'firing') AND NOT (sent_state = 'firing' AND state = 'firing'
           AND kind IN ('service_started', 'service_stopped')) AND kind <> 'heartbeat'
     )
     SELECT least((SELECT min(accepted_at) FROM alert WHERE decided_at IS NULL), min(since)) AS oldest,
       count(*) FILTER (WHERE severity = 'critical') AS critical,
       count(*) FILTER (WHERE severity = 'warning') AS warning,
       count(*) FILTER (WHERE severity = 'info') AS info,
       ARRAY(SELECT name FROM alert_destination WHERE rejections > 0 AND name = ANY ($1)) AS open,
       (SELECT finished_at FROM alert_message WHERE destination = $2 AND outcome = 'delivered'
        ORDER BY started_at DESC LIMIT 1) AS "heartbeatAt"
     FROM waiting`,
    [destinations, heartbeatDestination],
  );
  const [row] = rows;
  if (!row) throw new Error('an aggregate has no row');
  return { ...row, sampledAt: new Date() };
}

/**
 * How many numbers are missing of what producers have raised in the last day. What may still lie in a spool is missing
 * until it is drained; Alertmanager's alerts are not numbered without gaps and do not count.
 */
export async function countMissing(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ missing: number }>(
    `WITH numbered AS (
       SELECT producer, sequence, accepted_at > now() - interval '1 day' AS fresh FROM alert
       WHERE producer IN (SELECT producer FROM alert WHERE producer IS NOT NULL AND accepted_at > now() - interval '1 day'
           AND coalesce(source, '') NOT LIKE 'alertmanager:%')
     ), before AS (
       SELECT producer, coalesce(max(sequence) FILTER (WHERE NOT fresh), 0) AS last FROM numbered GROUP BY producer
     )
     SELECT coalesce(sum(missing), 0)::int AS missing FROM (
       SELECT max(sequence) - last - count(DISTINCT sequence) AS missing
       FROM numbered JOIN before USING (producer) WHERE sequence > last GROUP BY producer, last
     ) AS producers`,
  );
  return rows[0]?.missing ?? 0;
}

/** Shows a sample with the next scrapes. */
export function showDelivery(
  metrics: Metrics,
  destinations: readonly string[],
  sample: () => DeliverySample | undefined,
): void {
  const startedAt = Date.now();
  metrics.onScrape(() => {
    const { oldest, critical = 0, warning = 0, info = 0, open = [], missing = 0 } = sample() ?? {};
    const age = oldest ? Math.max(0, (Date.now() - oldest.getTime()) / 1000) : 0;
    metrics.set('alert_oldest_undelivered_seconds', age);
    metrics.set('alert_queue_depth', critical, { lane: 'critical' });
    metrics.set('alert_queue_depth', warning, { lane: 'warning' });
    metrics.set('alert_queue_depth', info, { lane: 'info' });
    metrics.set('alerts_missing', missing);
    // From the start on, so that one that never arrives is missed too.
    const beatAt = Math.max(startedAt, sample()?.heartbeatAt?.getTime() ?? 0) / 1000;
    metrics.set(
      'alert_heartbeat_timestamp_seconds',
      destinations.includes(heartbeatDestination) ? beatAt : 0,
    );
    for (const destination of destinations)
      metrics.set('alert_destination_breaker_open', open.includes(destination) ? 1 : 0, { destination });
  });
}
