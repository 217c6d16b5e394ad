import type { JsonWebKey, KeyObject } from 'node:crypto';
import type { SigningAlgorithm } from './key-set';
import { thumbprint } from './thumbprint';

/** A public key as it is published (RFC 7517), under its thumbprint. */
export function publicJwk(publicKey: KeyObject, alg: SigningAlgorithm): JsonWebKey & { kid: string } {
  const jwk = publicKey.export({ format: 'jwk' });
  return { ...jwk, kid: thumbprint(jwk), alg, use: 'sig' };
}
