import { createHash, type JsonWebKey } from 'node:crypto';

/** The RFC 7638 thumbprint of a public JWK (EC or RSA): SHA-256 over its required members, base64url. */
export function thumbprint(jwk: JsonWebKey): string {
  const { crv, e, kty, n, x, y } = jwk;
  // The members are in lexicographic order, and the required ones only: that is what makes it canonical (§3.1, §3.2).
  const required = kty === 'RSA' ? { e, kty, n } : { crv, kty, x, y };
  return createHash('sha256').update(JSON.stringify(required)).digest('base64url');
}
