import { hostname } from 'node:os';
import type { Alerts } from '@swfx/alerts';
import { serviceVersion } from './version';

const limitMs = 3_000;

/**
 * Tells people that a service has started or is about to stop. All restarts are one incident, which the dispatcher
 * tells as a count: a deployment of many replicas is a message or two. Never throws, and takes no longer than 3 s.
 */
export async function announceRestart(
  alerts: Pick<Alerts, 'raise'>,
  service: string,
  did: 'started' | 'stopped',
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, limitMs)));
  const raised = alerts.raise({
    incident: 'deployment',
    kind: did === 'started' ? 'service_started' : 'service_stopped',
    severity: 'info',
    title: `${service} ${did}`,
    error: 'none',
    context: { host: hostname(), version: serviceVersion },
  });
  await Promise.race([raised, limit]).finally(() => clearTimeout(timer));
}
