import type { AlertKind } from '@swfx/alerts';

/** How an incident of one kind is told, from its beginning to its end. */
export interface AlertPolicy {
  /**
   * `said`: that it is over is news. `unsaid`: it tells of a moment and has no end. `counted`: its reports are counted,
   * and the end tells how many there were, if the beginning did not.
   */
  ends: 'said' | 'unsaid' | 'counted';
  /** Seconds for which it holds after the last report; the configured time if not given. */
  lastsSeconds?: number;
  /** Seconds to wait for more reports before the first message. */
  holdSeconds?: number;
}

/** A deployment is one incident: a message soon after its first restart, and one when nothing has restarted for two minutes. */
const deployment: AlertPolicy = { ends: 'counted', lastsSeconds: 120, holdSeconds: 15 };

const trouble: AlertPolicy = { ends: 'said' };

/** The policies of kinds that are told unlike other trouble: that it began, and that it is over. */
export const alertPolicies: Partial<Record<AlertKind, AlertPolicy>> = {
  backup_unusual: { ends: 'unsaid', lastsSeconds: 86_400 },
  backup_retention_stopped: { ends: 'unsaid', lastsSeconds: 86_400 },
  restore_failed: { ends: 'unsaid', lastsSeconds: 86_400 },
  rotation_failed: { ends: 'said', lastsSeconds: 3_600 },
  rotation_contended: { ends: 'said', lastsSeconds: 1_800 },
  service_started: deployment,
  service_stopped: deployment,
  error_rate_high: { ends: 'said', lastsSeconds: 900 },
  destination_rejected: { ends: 'said', lastsSeconds: 86_400 },
  alerts_given_up: { ends: 'unsaid', lastsSeconds: 3_600 },
  test: { ends: 'unsaid', lastsSeconds: 21_600 },
};

/** How incidents of a kind are told. */
export function policyOf(kind: string): AlertPolicy {
  return (alertPolicies as Record<string, AlertPolicy>)[kind] ?? trouble;
}
