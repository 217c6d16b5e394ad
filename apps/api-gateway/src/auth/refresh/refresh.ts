/**
 * Exchanging a refresh token for an access token and a successor, in one transaction under the lock of its family:
 * two requests with one token are decided one after the other, and either everything of an exchange happened or
 * nothing. A token that was copied ends the family, cuts its access tokens off and raises an alert, all of it
 * committed together before the answer, which tells none of this apart from any other token that does not hold.
 */
import { randomUUID } from 'node:crypto';
import type { Alerts, AlertDraft } from '@swfx/alerts';
import type { AuditTrail, NoteAudit } from '@swfx/audit';
import type { PoolClient } from '@swfx/database';
import { AppError, errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import { facts, type Facts } from '@swfx/messaging';
import type { Metrics } from '@swfx/metrics';
import type { RefusalTally, RefusedSession } from '@swfx/service';
import { cutOff, sessionSubject } from '@swfx/signing-keys';
import { mintAccessToken, type IssuedTokens, type MintPolicy } from '../mint-token';
import { lockUserForToken, subjectOf, type User } from '../users';
import { decideRefresh, type RefreshFailureReason } from './decide-refresh';
import {
  endFamily,
  findFamily,
  insertToken,
  lockToken,
  markUsed,
  type RefreshTtls,
  type StoredToken,
} from './refresh-store';
import { refusalSentences } from './refresh-refusals';
import { createSuccessorSalt, deriveSuccessor, hashRefreshToken, isRefreshToken } from './refresh-token';

export interface RefreshPolicy extends RefreshTtls {
  /** How long a repeated request still gets the same successor. */
  graceSeconds: number;
}

export interface RefreshOptions {
  audit: AuditTrail;
  alerts: Pick<Alerts, 'raiseIn'>;
  facts: Pick<Facts, 'publish'>;
  metrics: Metrics;
  logger: Logger;
  tally: RefusalTally;
  mint: MintPolicy;
  policy: RefreshPolicy;
}

/** Exchanges a token that came from an address; throws `invalid_grant` or `keys_unavailable`. */
export type Refresh = (token: string, source: string) => Promise<IssuedTokens>;

type Exchange =
  | { outcome: 'rotated' | 'repeated'; tokens: IssuedTokens }
  | { outcome: 'reused'; alertId: string; userId: string }
  | { outcome: Exclude<RefreshFailureReason, 'reused'>; session?: RefusedSession };

interface Presented extends Request {
  tokenHash: Buffer;
  familyId: string;
  user: User;
  stored: StoredToken;
}

export function createRefresh(options: RefreshOptions): Refresh {
  const { metrics, tally } = options;
  return async (token, source) => {
    const exchange = await exchangeOnce({ token, source }, options);
    metrics.increment('token_refresh_total', { outcome: exchange.outcome });
    if ('tokens' in exchange) return exchange.tokens;
    if (exchange.outcome === 'reused') await announceReuse(exchange, options);
    else tally.add(exchange.outcome, source, new Date(), exchange.session);
    throw new AppError('invalid_grant', 'the refresh token is not valid', {
      fields: { error: 'invalid_grant' },
    });
  };
}

/** A token as it came. */
interface Request {
  token: string;
  source: string;
}

async function exchangeOnce(request: Request, options: RefreshOptions): Promise<Exchange> {
  const { audit, logger } = options;
  if (!isRefreshToken(request.token)) return { outcome: 'unknown' };
  try {
    return await audit.transaction((client, note) => exchangeIn(client, note, request, options));
  } catch (error) {
    if (error instanceof AppError && error.cause)
      logger.error('A token could not be signed', { error: errorMessage(error.cause) });
    throw error;
  }
}

async function exchangeIn(
  client: PoolClient,
  note: NoteAudit,
  request: Request,
  options: RefreshOptions,
): Promise<Exchange> {
  const tokenHash = hashRefreshToken(request.token);
  const family = await findFamily(client, tokenHash);
  // The user first and the family second, as in everything that locks both.
  const user = family && (await lockUserForToken(client, family.userId));
  const stored = family && user && (await lockToken(client, family.familyId, tokenHash));
  if (!family || !user || !stored) return { outcome: 'unknown' };
  const presented: Presented = { ...request, tokenHash, familyId: family.familyId, user, stored };
  const decision = decideRefresh({ ...stored, userDisabled: user.disabled }, options.policy.graceSeconds);
  if (decision.outcome === 'refused') {
    const { reason } = decision;
    if (reason === 'reused') return endStolen(client, note, presented, options);
    return { outcome: reason, session: { familyId: presented.familyId, subject: subjectOf(user) } };
  }
  const repeat = decision.outcome === 'repeat';
  const refreshToken = repeat
    ? repeatSuccessor(presented, options.mint)
    : await rotate(client, presented, options);
  const access = await mintAccessToken(client, { user, sessionId: presented.familyId }, options.mint);
  const fields = { family_id: presented.familyId, repeat };
  await note({ action: 'token_refresh_success', outcome: 'success', ...about(user), fields });
  return { outcome: repeat ? 'repeated' : 'rotated', tokens: { ...access, refresh_token: refreshToken } };
}

async function rotate(client: PoolClient, presented: Presented, options: RefreshOptions): Promise<string> {
  const { familyId, tokenHash } = presented;
  const kek = options.mint.keyRing.sealing;
  const salt = createSuccessorSalt();
  const successor = deriveSuccessor(kek, salt, presented.token);
  const successorHash = hashRefreshToken(successor);
  await markUsed(client, tokenHash, { kekId: kek.id, salt, tokenHash: successorHash });
  const { tokenTtlSeconds } = options.policy;
  await insertToken(client, { familyId, tokenHash: successorHash, tokenTtlSeconds });
  return successor;
}

function repeatSuccessor({ token, stored }: Presented, { keyRing }: MintPolicy): string {
  const kek = keyRing.find(stored.successorKekId ?? '');
  // Only where the ring lost a key within the grace: the client comes again, and is not taken for a thief.
  if (!kek || !stored.successorSalt)
    throw new AppError('keys_unavailable', 'no token can be made at the moment', { retryAfterSeconds: 5 });
  return deriveSuccessor(kek, stored.successorSalt, token);
}

/** Ends the session of a token that was copied, so that neither the thief nor the owner goes on with it. */
async function endStolen(
  client: PoolClient,
  note: NoteAudit,
  { familyId, user, source }: Presented,
  { alerts }: RefreshOptions,
): Promise<Exchange> {
  const fields = { reason: 'reused', error: refusalSentences.reused, family_id: familyId, source } as const;
  await note({ action: 'token_refresh_failed', outcome: 'denied', ...about(user), fields });
  await note({
    action: 'suspicious_activity_detected',
    outcome: 'denied',
    ...about(user),
    fields: { pattern: 'refresh_reuse', source, count: 1, window_seconds: 0 },
  });
  await endFamily(client, familyId, 'reuse');
  await cutOff(client, sessionSubject(familyId));
  const alertId = await alerts.raiseIn(client, reuseAlert(user, { familyId, source }));
  return { outcome: 'reused', alertId, userId: user.id };
}

function reuseAlert(user: User, { familyId, source }: Pick<Presented, 'familyId' | 'source'>): AlertDraft {
  return {
    incident: `suspicious:refresh_reuse:${user.id}`,
    kind: 'suspicious_activity',
    severity: 'warning',
    title: 'A refresh token was used twice',
    error: 'Somebody has a copy of a refresh token. Its session was ended and its access tokens are refused.',
    context: { user: subjectOf(user), session: familyId, source },
  };
}

async function announceReuse(
  { alertId, userId }: Extract<Exchange, { outcome: 'reused' }>,
  options: RefreshOptions,
): Promise<void> {
  options.metrics.increment('suspicious_activity_total', { pattern: 'refresh_reuse' });
  await options.facts.publish(facts.userChanged, { userId });
  await options.facts.publish(facts.alertRaised, { alertId });
}

function about(user: User): { actor: string; subject: string; operationId: string } {
  const subject = subjectOf(user);
  return { actor: subject, subject, operationId: randomUUID() };
}
