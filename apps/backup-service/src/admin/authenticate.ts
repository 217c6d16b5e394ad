/**
 * Who calls the admin API. The key set and the cut-offs are read from the ops database for each request, which needs
 * that database anyway: nothing is cached that could be out of date, so that whoever was cut off or whatever key was
 * revoked a moment ago opens nothing here. A set that nobody we trust has signed, or that is older than one seen before,
 * tells nothing about today's keys: then the answer is "try again", never "come in".
 */
import type { Queryable } from '@swfx/database';
import { AppError } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import type { Metrics } from '@swfx/metrics';
import type { AdminCaller, AuthenticateAdmin, RefusalTally } from '@swfx/service';
import {
  findForgery,
  malformedRequest,
  readBearerToken,
  readKeySet,
  readValidFrom,
  refuseBearer,
  sessionSubject,
  verificationKeys,
  verifyAccessToken,
  type AccessTokenClaims,
  type BearerRefusalReason,
  type KeySetTrust,
  type StoredKeySet,
} from '@swfx/signing-keys';
import type { RequestBudget } from './request-budget';

export interface TokenPolicy {
  issuer: string;
  audience: string;
  clockSkewSeconds: number;
}

export interface AuthenticateOptions {
  db: Queryable;
  trust: KeySetTrust;
  policy: TokenPolicy;
  budget: RequestBudget;
  /** Refused tokens, for the audit trail: anyone can send as many as they like. */
  tally: RefusalTally;
  metrics: Metrics;
  logger: Logger;
}

/** Verifications at once: each asks the ops database, whose connections the backups need too. */
const mostAtOnce = 8;

type Verdict =
  { outcome: 'accepted'; claims: AccessTokenClaims } | { outcome: 'refused'; reason: BearerRefusalReason };

const refused = (reason: BearerRefusalReason): Verdict => ({ outcome: 'refused', reason });

export function createAuthenticate(options: AuthenticateOptions): AuthenticateAdmin {
  const { db, policy, budget, tally, metrics } = options;
  const believed = createBelief(options);
  let underWay = 0;

  async function verify(token: string): Promise<Verdict> {
    const keySet = await readKeySet(db);
    if (!believed(keySet)) return refused('keys_unavailable');
    const keys = verificationKeys(keySet);
    const { readAt: now } = keySet;
    const verdict = verifyAccessToken(token, { keyOf: (kid) => keys.get(kid), ...policy, now });
    if (verdict.outcome === 'refused') return verdict;
    return (await isCutOff(db, verdict.claims)) ? refused('cut_off') : verdict;
  }
  async function verifyInTurn(token: string): Promise<Verdict> {
    if (underWay >= mostAtOnce)
      throw new AppError('overloaded', 'too many tokens are being checked', { retryAfterSeconds: 1 });
    underWay += 1;
    try {
      return await verify(token);
    } finally {
      underWay -= 1;
    }
  }
  return async (request, scope) => {
    const count = (outcome: BearerRefusalReason | 'accepted') =>
      metrics.increment('token_verifications_total', { outcome });
    const note = (reason: BearerRefusalReason) => {
      count(reason);
      if (reason !== 'missing' && reason !== 'keys_unavailable')
        tally.add(reason, request.socket.remoteAddress ?? 'unknown', new Date());
    };
    const refuse = (reason: BearerRefusalReason, caller?: AdminCaller) => {
      note(reason);
      return {
        outcome: 'refused' as const,
        refusal: refuseBearer(reason, scope),
        ...(caller ? { caller } : {}),
      };
    };
    const bearer = readBearerToken(request);
    if (bearer.kind === 'missing') return refuse('missing');
    if (bearer.kind === 'malformed') {
      note('malformed');
      return { outcome: 'refused', refusal: malformedRequest(bearer.problem) };
    }
    const verdict = await verifyInTurn(bearer.token);
    if (verdict.outcome === 'refused') return refuse(verdict.reason);
    const { sub: subject, scope: scopes } = verdict.claims;
    const caller = { subject, scopes: scopes.split(' ').filter(Boolean) };
    // Before the scope: each refusal is a record in the audit trail, which every user's token could fill.
    budget.spend(subject);
    if (!caller.scopes.includes(scope)) return refuse('insufficient_scope', caller);
    count('accepted');
    return { outcome: 'accepted', caller };
  };
}

/** Whether a set is one to go by. An older one is a Postgres that was rolled back, or a standby that lags. */
function createBelief({ trust, logger }: AuthenticateOptions): (keySet: StoredKeySet) => boolean {
  let newestEpoch = 0;
  let said = '';
  return (keySet) => {
    const forgery = findForgery(keySet, trust);
    const problem = forgery ?? (keySet.epoch < newestEpoch ? 'older_epoch' : '');
    if (problem !== '' && problem !== said)
      logger.error('The key set is not believed; the admin API lets nobody in', { reason: problem });
    said = problem;
    if (problem === '') newestEpoch = keySet.epoch;
    return problem === '' && keySet.epoch > 0;
  };
}

async function isCutOff(db: Queryable, { sub, sid, iat }: AccessTokenClaims): Promise<boolean> {
  if (iat < (await readValidFrom(db, sub))) return true;
  return sid !== undefined && iat < (await readValidFrom(db, sessionSubject(sid)));
}
