/**
 * Who calls, and whether they may. The one place where a request becomes a caller, for the platform's routes and
 * the gateway's own. An unknown kid alone is never a reason to refuse: the key set is read again first, and where
 * that cannot be done the answer is "try again", not "invalid token".
 */
import type { IncomingMessage } from 'node:http';
import type { Metrics } from '@swfx/metrics';
import {
  verifyAccessToken,
  type AccessTokenClaims,
  type RefusalReason,
  type TokenVerification,
} from '@swfx/signing-keys';
import {
  malformedRequest,
  refuseBearer,
  type BearerRefusal,
  type BearerRefusalReason,
} from './bearer-refusal';
import { readBearerToken } from './bearer-token';
import type { KeyMirror } from './key-mirror';
import type { RefusalTally } from './refusal-tally';

export interface Caller {
  /** `user:<uuid>`. */
  subject: string;
  scopes: readonly string[];
}

export type Authentication =
  { outcome: 'accepted'; caller: Caller } | { outcome: 'refused'; refusal: BearerRefusal };

/** Authenticates a request, and asks for a scope where one is named. */
export type Authenticate = (request: IncomingMessage, scope?: string) => Promise<Authentication>;

export interface TokenPolicy {
  issuer: string;
  audience: string;
  clockSkewSeconds: number;
}

type Verdict =
  | { outcome: 'accepted'; claims: AccessTokenClaims }
  | { outcome: 'refused'; reason: RefusalReason | 'keys_unavailable' };

export function createAuthenticate(options: {
  mirror: KeyMirror;
  tally: RefusalTally;
  metrics: Metrics;
  policy: TokenPolicy;
}): Authenticate {
  const { mirror, tally, metrics, policy } = options;

  function verifyNow(token: string): TokenVerification {
    return verifyAccessToken(token, { ...policy, keyOf: (kid) => mirror.keyOf(kid), now: new Date() });
  }
  async function verify(token: string): Promise<Verdict> {
    const verdict = verifyNow(token);
    if (verdict.outcome === 'accepted' || verdict.reason !== 'unknown_kid') return verdict;
    if (!(await mirror.freshRead())) return { outcome: 'refused', reason: 'keys_unavailable' };
    return verifyNow(token);
  }
  function refuse(
    request: IncomingMessage,
    reason: BearerRefusalReason,
    refusal: BearerRefusal,
  ): Authentication {
    metrics.increment('token_verifications_total', { outcome: reason });
    if (reason !== 'missing' && reason !== 'keys_unavailable')
      tally.add(reason, request.socket.remoteAddress ?? 'unknown', new Date());
    return { outcome: 'refused', refusal };
  }
  return async (request, scope) => {
    const bearer = readBearerToken(request);
    if (bearer.kind === 'missing') return refuse(request, 'missing', refuseBearer('missing', scope));
    if (bearer.kind === 'malformed') return refuse(request, 'malformed', malformedRequest(bearer.problem));
    const verdict = await verify(bearer.token);
    if (verdict.outcome === 'refused')
      return refuse(request, verdict.reason, refuseBearer(verdict.reason, scope));
    const caller = callerOf(verdict.claims);
    if (scope !== undefined && !caller.scopes.includes(scope))
      return refuse(request, 'insufficient_scope', refuseBearer('insufficient_scope', scope));
    metrics.increment('token_verifications_total', { outcome: 'accepted' });
    return { outcome: 'accepted', caller };
  };
}

function callerOf({ sub, scope }: AccessTokenClaims): Caller {
  return { subject: sub, scopes: scope.split(' ').filter(Boolean) };
}
