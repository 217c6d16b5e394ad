/**
 * A way in for the worst day: Postgres is gone, nobody can log in, and every access token has expired. An operator
 * then signs a token for minutes, with a private key that lies in a safe and on no server; gateways know its public
 * half by their configuration and need neither Postgres nor Redis to verify it. It has a `typ` of its own, so that no
 * other token is one and it is no other (RFC 8725 §3.11, §3.12). Whoever uses one is audited and alerted. Where no
 * key is configured there is no such way in.
 */
import { createPublicKey, sign, type KeyObject } from 'node:crypto';
import { text } from '@swfx/config';
import {
  claimProblem,
  publicJwk,
  readAccessTokenClaims,
  thumbprint,
  verifySigned,
  type AccessTokenClaims,
  type TokenKind,
  type VerificationKey,
} from '@swfx/signing-keys';
import { z } from 'zod';
import type { TokenPolicy } from './verified-tokens';

const breakGlassType = 'break-glass+jwt';
const breakGlassToken: TokenKind<AccessTokenClaims> = {
  type: breakGlassType,
  readClaims: readAccessTokenClaims,
};
/** The longest life of such a token, whatever it says itself. */
export const breakGlassMaxMinutes = 60;

/** The configuration field for `BREAK_GLASS_PUBLIC_KEY`: a P-256 public key, SPKI in base64. */
export const breakGlassKey = () =>
  text().transform((value, context): KeyObject => {
    const key = readPublicKey(value);
    if (key?.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
    context.addIssue({ code: 'custom', message: 'must be what `swfx users break-glass-key` printed' });
    return z.NEVER;
  });

export interface BreakGlass {
  /** The claims of an emergency token that holds; undefined for whatever else. */
  verify(token: string, now: Date): AccessTokenClaims | undefined;
}

export function createBreakGlass(publicKey: KeyObject, policy: TokenPolicy): BreakGlass {
  const { kid } = publicJwk(publicKey, 'ES256');
  const pinned: VerificationKey = { kid, alg: 'ES256', key: publicKey, state: 'active', leavesAt: null };
  return {
    verify(token, now) {
      const keyOf = (named: string) => (named === kid ? pinned : undefined);
      const verdict = verifySigned(token, breakGlassToken, { keyOf, now });
      if (verdict.outcome === 'refused' || claimProblem(verdict.claims, { ...policy, now })) return undefined;
      const { sub, iat, exp } = verdict.claims;
      const lasts = exp - iat;
      return sub.startsWith('operator:') && lasts <= breakGlassMaxMinutes * 60 ? verdict.claims : undefined;
    },
  };
}

/** Signs an emergency token, on a machine that is no server of ours. */
export function signBreakGlassToken(privateKey: KeyObject, claims: AccessTokenClaims): string {
  const kid = thumbprint(createPublicKey(privateKey).export({ format: 'jwk' }));
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const input = `${encode({ alg: 'ES256', typ: breakGlassType, kid })}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

function readPublicKey(base64: string): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}
