/**
 * A probe is a token that a key signs when it is published: a verifier that accepts it has the key, and can use it.
 * It is no bearer: its type and its audience are its own, and it names no user, no scope and no issuer of ours.
 */
import type { KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import type { SigningAlgorithm } from './key-set';
import type { VerificationKey } from './published-jwks';
import { verifySigned, type TokenKind } from './verify-signed';

const probeType = 'key-probe+jwt';
const probeAudience = 'key-probe';
const probeClaims = z.strictObject({ aud: z.literal(probeAudience), sub: z.string() });
const probeToken: TokenKind<z.output<typeof probeClaims>> = {
  type: probeType,
  readClaims: (value) => probeClaims.safeParse(value).data,
};

/** Signs a key's probe. It does not expire: it is worth nothing but while its key is published. */
export function signProbe(key: { kid: string; alg: SigningAlgorithm; privateKey: KeyObject }): string {
  const { kid, alg, privateKey } = key;
  const header = { alg, kid, typ: probeType };
  return jwt.sign({ aud: probeAudience, sub: kid }, privateKey, {
    algorithm: alg,
    header,
    noTimestamp: true,
  });
}

/** Whether a verifier's own keys accept a key's probe, by the code that verifies access tokens. */
export function probeVerifies(
  { kid, probe }: { kid: string; probe: string | null },
  keyOf: (kid: string) => VerificationKey | undefined,
  now: Date,
): boolean {
  if (!probe) return false;
  const verdict = verifySigned(probe, probeToken, { keyOf, now });
  return verdict.outcome === 'genuine' && verdict.kid === kid && verdict.claims.sub === kid;
}
