import { randomUUID } from 'node:crypto';
import type { AuditEvent } from '@swfx/audit';
import type { Refusal } from '@swfx/service';
import type { RefreshFailureReason } from './decide-refresh';

/** What was wrong with a refresh token, in the audit trail. */
export const refusalSentences: Record<RefreshFailureReason, string> = {
  unknown: 'nobody issued such a token',
  expired: 'the token or its session has expired',
  ended: 'the session was ended',
  disabled: 'the user is disabled',
  reused: 'the token had been used before',
};

/**
 * Refresh tokens that were refused for one reason. Whoever has a token of a session that is over can send it as often as
 * they like, so these are counted; the use of a stolen one ends its session, and so is a record of its own.
 */
export function refreshTokensRefused({ session, ...refusal }: Refusal): AuditEvent {
  const reason = refusal.reason as RefreshFailureReason;
  const subject = session?.subject ?? null;
  return {
    action: 'token_refresh_failed',
    outcome: 'denied',
    actor: subject,
    subject,
    operationId: randomUUID(),
    fields: {
      ...refusal,
      reason,
      error: refusalSentences[reason],
      ...(session && { family_id: session.familyId }),
    },
  };
}
