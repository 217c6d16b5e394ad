import { currentTrace } from '@swfx/logging';
import { v7 as uuidv7 } from 'uuid';
import {
  alertLimits,
  alertSchema,
  type Alert,
  type AlertDraft,
  type ResolutionDraft,
  type Watcher,
} from './alert';

/** Where an alert is raised, and its number there if it has one. */
export interface AlertOrigin {
  service: string;
  environment: string;
  /** The id of the process. */
  producer: string;
  sequence?: number;
}

/** Makes a whole alert of what a producer says. Too long is cut and empty is named: an alert is not lost to its own text. */
export function completeAlert(draft: AlertDraft, origin: AlertOrigin): Alert {
  const id = uuidv7();
  return alertSchema.parse({
    id,
    incident: draft.incident.slice(0, alertLimits.line) || draft.kind,
    kind: draft.kind,
    severity: draft.severity,
    title: draft.title.slice(0, alertLimits.title) || draft.kind,
    error: draft.error.slice(0, alertLimits.error),
    context: Object.fromEntries(
      Object.entries(draft.context ?? {}).map(([name, value]) => [
        name.slice(0, alertLimits.name),
        value.slice(0, alertLimits.value),
      ]),
    ),
    service: origin.service,
    env: origin.environment,
    traceId: currentTrace()?.traceId ?? id,
    occurredAt: (draft.occurredAt ?? new Date()).toISOString(),
    source: sourceOf(origin, draft.watcher),
    // Without a number nothing is counted: a transaction that is rolled back would look like a loss.
    ...(origin.sequence === undefined ? {} : { producer: origin.producer, sequence: origin.sequence }),
  });
}

function sourceOf({ service, producer }: AlertOrigin, watcher: Watcher = 'service'): string {
  return watcher === 'process' ? `service:${service}:${producer}` : `service:${service}`;
}

/** Makes the alert that ends an incident. */
export function completeResolution(draft: ResolutionDraft, origin: AlertOrigin): Alert {
  return { ...completeAlert({ ...draft, severity: 'info', error: '' }, origin), status: 'resolved' };
}
