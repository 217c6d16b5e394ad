import { randomUUID } from 'node:crypto';
import type { AuditTrail } from '@swfx/audit';
import { errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import type { RefusalTally } from './refusal-tally';

const intervalMs = 60_000;

/** Writes the tally of refused tokens to the audit trail once a minute, and when the returned function ends it. */
export function startRefusalAudit(
  tally: RefusalTally,
  audit: AuditTrail,
  logger: Logger,
): () => Promise<void> {
  async function flush(): Promise<void> {
    for (const fields of tally.take()) {
      await audit
        .record({
          action: 'token_refused',
          outcome: 'denied',
          actor: null,
          subject: null,
          operationId: randomUUID(),
          fields: { ...fields },
        })
        .catch((error: unknown) =>
          logger.error('Refused tokens could not be audited', { ...fields, error: errorMessage(error) }),
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
