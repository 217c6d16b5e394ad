import type { Alert } from '@swfx/alerts';
import { uuidOf } from '../uuid-of';

/** The one incident of all heartbeats, which is told to one destination alone. */
export const heartbeatIncident = 'alert-heartbeat';
export const heartbeatDestination = 'heartbeat';

/** The synthetic alert of a beat. All replicas make the same one at the same time, so that it is accepted once. */
export function heartbeatAlert(beat: { number: number; now: Date; environment: string }): Alert {
  const { number, now, environment } = beat;
  const id = uuidOf('heartbeat', environment, String(number));
  return {
    id,
    incident: heartbeatIncident,
    kind: 'heartbeat',
    severity: 'info',
    title: 'Alerts are delivered',
    error: '',
    context: {},
    service: 'alert-dispatcher',
    source: 'service:alert-dispatcher',
    env: environment,
    traceId: id,
    occurredAt: now.toISOString(),
  };
}
