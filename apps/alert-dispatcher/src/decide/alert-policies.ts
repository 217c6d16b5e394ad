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
  /** After how many seconds another report is told again; the configured time if not given. */
  repeatSeconds?: number;
}

/** A deployment is one incident: a message soon after its first restart, and one when nothing has restarted for two minutes. */
const deployment: AlertPolicy = { ends: 'counted', lastsSeconds: 120, holdSeconds: 15 };

/** It is over when its source says so; a source that has fallen silent says nothing, and it expires. */
const trouble: AlertPolicy = { ends: 'said' };

/** Each process sees it for itself and repeats it every minute: fifteen minutes of silence mean that the process is gone. */
const watched: AlertPolicy = { ends: 'said', lastsSeconds: 900 };

/** It happened, and nothing that happens later undoes it: told once a day for each incident, and never as over. */
const moment: AlertPolicy = { ends: 'unsaid', lastsSeconds: 86_400 };

/** Every kind of alert has an end, or a reason why it has none. */
export const alertPolicies: Record<AlertKind, AlertPolicy> = {
  // Ended by the next attempt that succeeds.
  backup_failed: trouble,
  backup_proof_failed: trouble,
  backup_copy_failed: trouble,
  rotation_failed: { ends: 'said', lastsSeconds: 3_600 },
  rotation_waits: trouble,
  destination_rejected: { ends: 'said', lastsSeconds: 86_400 },

  backup_unusual: moment,
  backup_retention_stopped: moment,
  backup_copy_used: moment,
  restore_failed: moment,
  suspicious_activity: moment,
  break_glass_used: moment,
  alerts_given_up: { ends: 'unsaid', lastsSeconds: 3_600 },
  test: { ends: 'unsaid', lastsSeconds: 21_600 },

  // Nobody sees that a lock is not contended any more: it ends when its window of 15 minutes has passed twice.
  rotation_contended: { ends: 'said', lastsSeconds: 1_800 },
  key_set_refused: watched,
  error_rate_high: watched,
  postgres_down: watched,
  redis_down: watched,

  service_started: deployment,
  service_stopped: deployment,

  // Each beat is told, and none is ever over.
  heartbeat: { ends: 'unsaid', lastsSeconds: 3_600, repeatSeconds: 0 },

  // Alertmanager repeats what fires, and says when it is over; others say it by `status`, or let it expire.
  external: trouble,
};

/** How incidents of a kind are told; a kind of a newer version is trouble like any other. */
export function policyOf(kind: string): AlertPolicy {
  return (alertPolicies as Partial<Record<string, AlertPolicy>>)[kind] ?? trouble;
}
