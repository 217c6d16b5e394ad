import { randomUUID } from 'node:crypto';
import type { Alerts } from '@swfx/alerts';
import type { AuditTrail, keySetRefusalReasons } from '@swfx/audit';
import { errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import type { Metrics } from '@swfx/metrics';

/** A set that was read and not believed. */
export interface KeySetRefusal {
  reason: (typeof keySetRefusalReasons)[number];
  epoch: number;
  /** Of the set that stays in force; 0 when there is none. */
  heldEpoch: number;
}

/** An alert that nobody repeats is taken to be over. */
const repeatMs = 60_000;

/**
 * Counts each refusal, and tells of the first of its kind until a set was believed again. Each gateway believes for
 * itself: the trouble is over once all that refused have believed a set again.
 */
export function createRefusalReport(to: {
  audit: Pick<AuditTrail, 'record'>;
  alerts: Pick<Alerts, 'raise' | 'resolve'>;
  metrics: Metrics;
  logger: Logger;
}): { refused(refusal: KeySetRefusal): void; believed(): void } {
  let told: { kind: string; at: number } | undefined;
  const incident = { incident: 'key-set:refused', kind: 'key_set_refused', watcher: 'process' } as const;

  function raise({ reason, epoch, heldEpoch }: KeySetRefusal): Promise<void> {
    return to.alerts.raise({
      ...incident,
      severity: 'critical',
      title: 'A verifier refuses the key set',
      error: `the key set of epoch ${epoch} in the ops database is not believed: ${reason}`,
      context: { reason, epoch: String(epoch), held_epoch: String(heldEpoch) },
    });
  }
  function record({ reason, epoch, heldEpoch }: KeySetRefusal): Promise<void> {
    return to.audit.record({
      action: 'jwt_key_set_refused',
      outcome: 'denied',
      actor: null,
      subject: null,
      operationId: randomUUID(),
      fields: { reason, epoch, held_epoch: heldEpoch },
    });
  }
  function inBackground(telling: Promise<void>): void {
    telling.catch((error: unknown) =>
      to.logger.warn('A refused key set could not be noted', { error: errorMessage(error) }),
    );
  }
  return {
    refused(refusal) {
      to.metrics.increment('jwt_key_sets_refused_total', { reason: refusal.reason });
      const kind = `${refusal.reason} ${refusal.epoch}`;
      const isNew = told?.kind !== kind;
      const now = performance.now();
      if (!isNew && told && now - told.at < repeatMs) return;
      told = { kind, at: now };
      inBackground(raise(refusal).then(() => (isNew ? record(refusal) : undefined)));
    },
    believed() {
      if (!told) return;
      told = undefined;
      inBackground(to.alerts.resolve({ ...incident, title: 'The key set is believed again' }));
    },
  };
}
