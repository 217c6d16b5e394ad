/**
 * What becomes of an accepted alert at a destination. Every alert gets exactly one decision, with its reason. The
 * same incident, kind and severity within the repeat time is told once: repetition says nothing new. A rise in
 * severity always does, and so does the same trouble again after its alert could not be delivered.
 */
import type { Alert } from '@swfx/alerts';

/** An earlier alert of the same incident, and what became of it. */
export interface EarlierAlert {
  id: string;
  kind: string;
  severity: string;
  acceptedAt: Date;
  state: 'pending' | 'sent' | 'suppressed' | 'dead';
}

export interface DecisionPolicy {
  enabled: boolean;
  repeatSeconds: number;
}

export type Decision =
  | { outcome: 'send' }
  | { outcome: 'suppress'; reason: 'disabled'; detail: string }
  | { outcome: 'suppress'; reason: 'duplicate'; detail: string };

/** Why nothing is sent while alerting is off, for people. */
export const disabledDetail = 'SLACK_ALERTING_ENABLED is false';

export function decideDelivery(
  alert: Pick<Alert, 'kind' | 'severity'> & { acceptedAt: Date },
  earlier: readonly EarlierAlert[],
  policy: DecisionPolicy,
): Decision {
  if (!policy.enabled) return { outcome: 'suppress', reason: 'disabled', detail: disabledDetail };
  const original = earlier.find((other) => isRepeated(alert, other, policy.repeatSeconds * 1000));
  if (original) return { outcome: 'suppress', reason: 'duplicate', detail: `repeats alert ${original.id}` };
  return { outcome: 'send' };
}

function isRepeated(
  alert: { kind: string; severity: string; acceptedAt: Date },
  other: EarlierAlert,
  repeatMs: number,
): boolean {
  return (
    (other.state === 'pending' || other.state === 'sent') &&
    other.kind === alert.kind &&
    other.severity === alert.severity &&
    alert.acceptedAt.getTime() - other.acceptedAt.getTime() < repeatMs
  );
}
