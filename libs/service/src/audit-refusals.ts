import { randomUUID } from 'node:crypto';
import type { AuditEvent, AuditTrail } from '@swfx/audit';
import { errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import type { Refusal, RefusalTally } from './refusal-tally';

const intervalMs = 60_000;

/** Writes a tally to the audit trail once a minute, and when the returned function ends it. */
export function startRefusalAudit(options: {
  tally: RefusalTally;
  eventOf: (refusal: Refusal) => AuditEvent;
  audit: Pick<AuditTrail, 'record'>;
  logger: Logger;
}): () => Promise<void> {
  const { tally, eventOf, audit, logger } = options;
  async function flush(): Promise<void> {
    for (const refusal of tally.take()) {
      await audit
        .record(eventOf(refusal))
        .catch((error: unknown) =>
          logger.error('Refused tokens could not be audited', { ...refusal, error: errorMessage(error) }),
        );
    }
  }
  let current = Promise.resolve();
  const timer = setInterval(() => (current = current.then(flush)), intervalMs);
  return async () => {
    clearInterval(timer);
    await current.then(flush);
  };
}

/** Access tokens that were refused for one reason. */
export function accessTokensRefused({ reason, source, count, minute }: Refusal): AuditEvent {
  return {
    action: 'token_refused',
    outcome: 'denied',
    actor: null,
    subject: null,
    operationId: randomUUID(),
    fields: { reason, source, count, minute },
  };
}
