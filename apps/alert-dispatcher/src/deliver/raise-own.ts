import type { Alert } from '@swfx/alerts';
import { storeAlert } from '@swfx/alerts';
import type { Queryable } from '@swfx/database';
import { randomUUID } from 'node:crypto';
import { destinationIncidentPrefix } from '../decide/routes';
import type { AffectedIncident } from './notice-rows';

/** What the dispatcher itself has to say. */
export type OwnNews =
  | { own: 'rejected'; destination: string; detail: string }
  | { own: 'mended'; destination: string }
  | { own: 'given_up'; destination: string; stale: readonly AffectedIncident[]; ttlSeconds: number };

/** Raises an alert of the dispatcher's own, as part of the transaction that found out. */
export async function raiseOwn(db: Queryable, env: string, news: OwnNews): Promise<void> {
  const id = randomUUID();
  const service = 'alert-dispatcher';
  const source = `service:${service}`;
  const common = { id, service, source, env, traceId: id, occurredAt: new Date().toISOString() };
  await storeAlert(db, { ...common, ...contentOf(news) });
}

type Content = Omit<Alert, 'id' | 'service' | 'source' | 'env' | 'traceId' | 'occurredAt'>;

function contentOf(news: OwnNews): Content {
  const { destination } = news;
  const incident = `${destinationIncidentPrefix}${destination}`;
  const about = { incident, kind: 'destination_rejected', context: { destination } } as const;
  if (news.own === 'mended')
    return {
      ...about,
      status: 'resolved',
      severity: 'info',
      title: `Destination ${destination} takes alerts again`,
      error: '',
    };
  if (news.own === 'rejected')
    return {
      ...about,
      severity: 'critical',
      title: `Destination ${destination} refuses every alert`,
      error: `${news.detail}. What it was to be told waits until it is mended.`,
    };
  const { stale, ttlSeconds } = news;
  const counts = (severity: string) => stale.filter((item) => item.severity === severity).length;
  return {
    incident: `alerts-given-up:${destination}`,
    kind: 'alerts_given_up',
    severity: counts('critical') > 0 ? 'critical' : 'warning',
    title: `${stale.length} alerts for ${destination} were given up`,
    error: `They could not be delivered in ${ttlSeconds} s.`,
    context: {
      destination,
      critical: String(counts('critical')),
      warning: String(counts('warning')),
      info: String(counts('info')),
    },
  };
}
