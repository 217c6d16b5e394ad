import { AppError } from '@swfx/errors';
import type { RefusalReason } from './verify-access-token';

/** Why a request is not let through; the outcomes of `token_verifications_total` that are not `accepted`. */
export type BearerRefusalReason =
  RefusalReason | 'missing' | 'cut_off' | 'insufficient_scope' | 'keys_unavailable';

/** What the client is told: an error, and the headers that RFC 6750 §3 asks for. */
export interface BearerRefusal {
  error: AppError;
  headers: Record<string, string>;
}

/** What asks a client to authenticate, and says no more (RFC 6750 §3). */
export const bearerChallenge = 'Bearer realm="smartwalletfx"';

/** A request that does not even have the form of one with a bearer token. */
export function malformedRequest(problem: string): BearerRefusal {
  return refusal(new AppError('invalid_request', problem), `${bearerChallenge}, error="invalid_request"`);
}

/**
 * The answer to a refused request. Every token that does not hold gets the same one, whatever is wrong with it:
 * the reason is in the metric and the audit trail. Without any token there is no error code (RFC 6750 §3.1).
 */
export function refuseBearer(reason: BearerRefusalReason, scope: string | undefined): BearerRefusal {
  switch (reason) {
    case 'missing':
      return refusal(new AppError('token_missing', 'send an access token'), bearerChallenge);
    case 'keys_unavailable':
      return {
        error: new AppError('keys_unavailable', 'the token cannot be checked at the moment', {
          retryAfterSeconds: 5,
        }),
        headers: {},
      };
    case 'insufficient_scope':
      return refusal(
        new AppError('insufficient_scope', `this needs the scope ${scope}`, { fields: { scope } }),
        `${bearerChallenge}, error="insufficient_scope", scope="${scope}"`,
      );
    default:
      return refusal(
        new AppError('invalid_token', 'the access token is not valid'),
        `${bearerChallenge}, error="invalid_token"`,
      );
  }
}

function refusal(error: AppError, challenge: string): BearerRefusal {
  return { error, headers: { 'www-authenticate': challenge } };
}
