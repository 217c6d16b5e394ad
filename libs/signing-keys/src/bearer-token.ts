import type { IncomingMessage } from 'node:http';

/** What a request's `Authorization` header holds (RFC 6750 §2.1). */
export type BearerToken =
  | { kind: 'token'; token: string }
  /** Nothing, or credentials of another scheme, which are none of ours. */
  | { kind: 'missing' }
  | { kind: 'malformed'; problem: string };

/** Far more than any token of ours; whatever is longer is not looked at. */
const maxTokenLength = 8_192;
const tokenSyntax = /^[A-Za-z0-9._~+/-]+=*$/;

/** Reads the token. Two `Authorization` headers are malformed: another program might look at the other one. */
export function readBearerToken(request: Pick<IncomingMessage, 'rawHeaders'>): BearerToken {
  const values = request.rawHeaders.filter(
    (_, at, all) => at % 2 === 1 && all[at - 1]?.toLowerCase() === 'authorization',
  );
  if (values.length > 1) return malformed('there is more than one Authorization header');
  const [scheme = '', ...rest] = (values[0] ?? '').trim().split(/ +/);
  if (scheme.toLowerCase() !== 'bearer') return { kind: 'missing' };
  const [token] = rest;
  if (rest.length !== 1 || !token || !tokenSyntax.test(token))
    return malformed('the Authorization header must be "Bearer", a space, and one token');
  if (token.length > maxTokenLength)
    return malformed(`the token is longer than ${maxTokenLength} characters`);
  return { kind: 'token', token };
}

function malformed(problem: string): BearerToken {
  return { kind: 'malformed', problem };
}
