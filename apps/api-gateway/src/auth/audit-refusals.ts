import { randomUUID } from 'node:crypto';
import type { AuditEvent, AuditTrail } from '@swfx/audit';
import { errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import type { Refusal, RefusalTally } from './refusal-tally';

const intervalMs = 60_000;

/** The tally's reason for refresh tokens that nobody issued; the audit trail has an action for them. */
export const unknownRefreshToken = 'unknown_refresh_token';

/** Writes the tally of refused tokens to the audit trail once a minute, and when the returned function ends it. */
export function startRefusalAudit(
  tally: RefusalTally,
  audit: AuditTrail,
  logger: Logger,
): () => Promise<void> {
  async function flush(): Promise<void> {
    for (const fields of tally.take()) {
      await audit
        .record(eventOf(fields))
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

function eventOf(refusal: Refusal): AuditEvent {
  const common = { outcome: 'denied', actor: null, subject: null, operationId: randomUUID() } as const;
  if (refusal.reason !== unknownRefreshToken)
    return { action: 'token_refused', ...common, fields: { ...refusal } };
  const error = 'nobody issued such a token';
  return { action: 'token_refresh_failed', ...common, fields: { ...refusal, reason: 'unknown', error } };
}
