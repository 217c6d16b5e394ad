import { generateKeyPair, type JsonWebKey, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { SigningAlgorithm } from './key-set';
import { publicJwk } from './public-jwk';

/** A new key pair; the private half is nowhere but in this process. */
export interface GeneratedKey {
  kid: string;
  alg: SigningAlgorithm;
  jwk: JsonWebKey;
  privateKey: KeyObject;
}

const generate = promisify(generateKeyPair);

/** Makes a key pair: P-256 for ES256, 2048-bit RSA for RS256. Its kid is the thumbprint of its public half. */
export async function generateSigningKey(alg: SigningAlgorithm): Promise<GeneratedKey> {
  const pair =
    alg === 'ES256'
      ? await generate('ec', { namedCurve: 'P-256' })
      : await generate('rsa', { modulusLength: 2048 });
  const jwk = publicJwk(pair.publicKey, alg);
  // On a command line a kid that begins with a dash would be taken for an option.
  if (jwk.kid.startsWith('-')) return generateSigningKey(alg);
  return { kid: jwk.kid, alg, jwk, privateKey: pair.privateKey };
}
