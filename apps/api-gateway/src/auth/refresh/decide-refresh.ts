/**
 * Whether a refresh token is exchanged. A token is used once. One that comes a second time was copied, by a thief or
 * by a client that never saw the answer (a lost connection, two tabs at once): for a short grace, and only while its
 * successor is unused, the benign reading holds and the same successor is told again. After that it is a theft, and
 * nobody can say whose copy is the honest one, so the whole family ends (RFC 9700 §4.14.2).
 */
import type { refreshFailureReasons } from '@swfx/audit';

/** A refresh token as the ops database knows it; all times are Postgres's. */
export interface RefreshFacts {
  now: Date;
  expiresAt: Date;
  usedAt: Date | null;
  /** Whether the token that followed it was used in turn. */
  successorUsed: boolean;
  familyEndedAt: Date | null;
  familyExpiresAt: Date;
  userDisabled: boolean;
}

export type RefreshFailureReason = (typeof refreshFailureReasons)[number];
export type RefreshDecision =
  | { outcome: 'rotate' }
  /** The same successor once more. */
  | { outcome: 'repeat' }
  | { outcome: 'refused'; reason: RefreshFailureReason };

export function decideRefresh(facts: RefreshFacts | undefined, graceSeconds: number): RefreshDecision {
  if (!facts) return refused('unknown');
  const { now } = facts;
  if (facts.familyEndedAt) return refused('ended');
  if (facts.familyExpiresAt <= now) return refused('expired');
  // Before its own expiry: a stolen token that is presented late tells of the theft just as well.
  if (facts.usedAt) return decideSecondUse(facts, facts.usedAt, graceSeconds);
  if (facts.userDisabled) return refused('disabled');
  if (facts.expiresAt <= now) return refused('expired');
  return { outcome: 'rotate' };
}

function decideSecondUse(facts: RefreshFacts, usedAt: Date, graceSeconds: number): RefreshDecision {
  const inTime = facts.now.getTime() - usedAt.getTime() <= graceSeconds * 1000;
  if (!inTime || facts.successorUsed) return refused('reused');
  return facts.userDisabled ? refused('disabled') : { outcome: 'repeat' };
}

function refused(reason: RefreshFailureReason): RefreshDecision {
  return { outcome: 'refused', reason };
}
