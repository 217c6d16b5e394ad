import { randomUUID } from 'node:crypto';
import type { Alert } from '@swfx/alerts';

/** The alert that begins incident `storm:<index>`: one in ten is critical, half of the others a warning. */
export function stormAlert(index: number, random: () => number): Alert {
  const severity = random() < 0.1 ? 'critical' : random() < 0.5 ? 'warning' : 'info';
  const id = randomUUID();
  return {
    id,
    incident: `storm:${index}`,
    kind: 'external',
    severity,
    title: `Storm ${index}`,
    error: 'wind',
    context: {},
    service: `service-${index % 5}`,
    env: 'test',
    traceId: id,
    occurredAt: new Date().toISOString(),
  };
}
