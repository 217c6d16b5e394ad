/**
 * Who calls, and whether they may. The one place where a request becomes a caller, for the platform's routes and
 * the gateway's own. An unknown kid alone is never a reason to refuse: the key set is read again first, and where
 * that cannot be done the answer is "try again", not "invalid token". Who was cut off is refused with a token that
 * would otherwise hold.
 */
import type { IncomingMessage } from 'node:http';
import type { Metrics } from '@swfx/metrics';
import type { RefusalTally } from '@swfx/service';
import {
  malformedRequest,
  readBearerToken,
  refuseBearer,
  type AccessTokenClaims,
  type BearerRefusal,
  type BearerRefusalReason,
  type RefusalReason,
} from '@swfx/signing-keys';
import type { ClientAddress } from './client-address';
import type { CutOffMirror } from './cut-off-mirror';
import type { BreakGlass } from './break-glass';
import type { KeyMirror } from './key-mirror';
import type { BreakGlassReport } from './report-break-glass';
import { sourceOf } from './throttle/address-source';
import type { CountedPattern, SuspicionWatch } from './suspicion/suspicion-watch';
import type { VerifiedTokens } from './verified-tokens';

export interface Caller {
  /** `user:<uuid>`, or `operator:<name>` on the worst day (see break-glass). */
  subject: string;
  scopes: readonly string[];
}

export type Authentication =
  | { outcome: 'accepted'; caller: Caller }
  /** With the caller where the token holds, and only its scopes do not. */
  | { outcome: 'refused'; refusal: BearerRefusal; caller?: Caller };

/** Authenticates a request, and asks for a scope where one is named. */
export type Authenticate = (request: IncomingMessage, scope?: string) => Promise<Authentication>;

type Verdict =
  /** Without a kid where no key of the set signed it. */
  | { outcome: 'accepted'; claims: AccessTokenClaims; kid?: string }
  | { outcome: 'refused'; reason: RefusalReason | 'cut_off' | 'keys_unavailable' };

/** Refusals of which many from one source are suspicious. */
const suspicious: Partial<Record<BearerRefusalReason, CountedPattern>> = {
  bad_signature: 'signature_failures',
  unknown_kid: 'unknown_kids',
};

export function createAuthenticate(options: {
  tokens: VerifiedTokens;
  mirror: Pick<KeyMirror, 'freshRead' | 'noteUse'>;
  cutOffs: Pick<CutOffMirror, 'known' | 'covers' | 'cover' | 'isCutOff'>;
  tally: RefusalTally;
  suspicion: SuspicionWatch;
  clientAddress: ClientAddress;
  breakGlass?: (BreakGlass & Pick<BreakGlassReport, 'used'>) | undefined;
  metrics: Metrics;
}): Authenticate {
  const { tokens, mirror, cutOffs, tally, suspicion, clientAddress, breakGlass, metrics } = options;

  function verifyNow(token: string): Verdict {
    const verdict = tokens.verify(token, new Date());
    if (verdict.outcome === 'refused') return verdict;
    if (!cutOffs.known()) return { outcome: 'refused', reason: 'keys_unavailable' };
    return cutOffs.isCutOff(verdict.claims) ? { outcome: 'refused', reason: 'cut_off' } : verdict;
  }
  function verifyEmergency(token: string, request: IncomingMessage): Verdict | undefined {
    const claims = breakGlass?.verify(token, new Date());
    if (!claims) return undefined;
    breakGlass?.used(claims, sourceOf(clientAddress(request)));
    return { outcome: 'accepted', claims };
  }
  async function verify(token: string, request: IncomingMessage): Promise<Verdict> {
    const verdict = verifyNow(token);
    if (verdict.outcome === 'accepted') {
      if (cutOffs.covers(verdict.claims)) return verdict;
      if (!(await cutOffs.cover(verdict.claims))) return { outcome: 'refused', reason: 'keys_unavailable' };
      return verifyNow(token);
    }
    if (verdict.reason === 'wrong_type') return verifyEmergency(token, request) ?? verdict;
    if (verdict.reason !== 'unknown_kid') return verdict;
    if (!(await mirror.freshRead())) return { outcome: 'refused', reason: 'keys_unavailable' };
    return verifyNow(token);
  }
  function note(request: IncomingMessage, reason: BearerRefusalReason): void {
    const source = sourceOf(clientAddress(request));
    tally.add(reason, source, new Date());
    const pattern = suspicious[reason];
    if (pattern) suspicion.note(pattern, source);
  }
  function refuse(
    request: IncomingMessage,
    reason: BearerRefusalReason,
    refusal: BearerRefusal,
  ): Authentication {
    metrics.increment('token_verifications_total', { outcome: reason });
    if (reason !== 'missing' && reason !== 'keys_unavailable') note(request, reason);
    return { outcome: 'refused', refusal };
  }
  return async (request, scope) => {
    const bearer = readBearerToken(request);
    if (bearer.kind === 'missing') return refuse(request, 'missing', refuseBearer('missing', scope));
    if (bearer.kind === 'malformed') return refuse(request, 'malformed', malformedRequest(bearer.problem));
    const verdict = await verify(bearer.token, request);
    if (verdict.outcome === 'refused')
      return refuse(request, verdict.reason, refuseBearer(verdict.reason, scope));
    const caller = callerOf(verdict.claims);
    if (scope !== undefined && !caller.scopes.includes(scope))
      return {
        ...refuse(request, 'insufficient_scope', refuseBearer('insufficient_scope', scope)),
        caller,
      };
    metrics.increment('token_verifications_total', { outcome: 'accepted' });
    if (verdict.kid !== undefined) mirror.noteUse(verdict.kid);
    return { outcome: 'accepted', caller };
  };
}

function callerOf({ sub, scope }: AccessTokenClaims): Caller {
  return { subject: sub, scopes: scope.split(' ').filter(Boolean) };
}
