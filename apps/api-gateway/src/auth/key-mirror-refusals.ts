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

/** Counts each refusal, and tells of the first of its kind until a set was believed again. */
export function createRefusalReport(to: {
  audit: Pick<AuditTrail, 'record'>;
  alerts: Pick<Alerts, 'raise'>;
  metrics: Metrics;
  logger: Logger;
}): { refused(refusal: KeySetRefusal): void; believed(): void } {
  let told: string | undefined;
  async function tell({ reason, epoch, heldEpoch }: KeySetRefusal): Promise<void> {
    await to.alerts.raise({
      incident: `key-set:refused`,
      kind: 'key_set_refused',
      severity: 'critical',
      title: 'A verifier refuses the key set',
      error: `the key set of epoch ${epoch} in the ops database is not believed: ${reason}`,
      context: { reason, epoch: String(epoch), held_epoch: String(heldEpoch) },
    });
    await to.audit.record({
      action: 'jwt_key_set_refused',
      outcome: 'denied',
      actor: null,
      subject: null,
      operationId: randomUUID(),
      fields: { reason, epoch, held_epoch: heldEpoch },
    });
  }
  return {
    refused(refusal) {
      to.metrics.increment('jwt_key_sets_refused_total', { reason: refusal.reason });
      const kind = `${refusal.reason} ${refusal.epoch}`;
      if (told === kind) return;
      told = kind;
      void tell(refusal).catch((error: unknown) =>
        to.logger.warn('A refused key set could not be noted', { error: errorMessage(error) }),
      );
    },
    believed() {
      told = undefined;
    },
  };
}
