/**
 * Whom a verifier believes about the key set. The set is signed with Ed25519 (RFC 8032) by a key that is derived from
 * the first key of the rotator's ring (HKDF, RFC 5869) and rests nowhere. Whoever holds the ring can tell which signers
 * are good; a verifier that holds no secret is told their public halves by its configuration. What the database says
 * of a signer is only a name to look up.
 */
import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto';
import { text, type KeyEncryptionKey, type KeyRing } from '@swfx/config';
import { z } from 'zod';

/** The key that signs the set, and the name under which verifiers look up its public half: `id:publicKey`. */
export interface KeySetSigner {
  name: string;
  privateKey: KeyObject;
}

/** The public halves that a verifier believes, by their signers' names. */
export type KeySetTrust = ReadonlyMap<string, KeyObject>;

/** An Ed25519 private key in PKCS #8 is this, then its seed of 32 bytes (RFC 8410 §7). */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The signer of whoever holds a ring: derived from the key that seals. */
export function keySetSigner(ring: KeyRing): KeySetSigner {
  return deriveSigner(ring.sealing);
}

/** Trust of a verifier that holds a ring itself: in every key of it. */
export function trustInRing(ring: KeyRing): KeySetTrust {
  const signers = ring.ids.flatMap((id) => ring.find(id) ?? []).map(deriveSigner);
  return new Map(signers.map(({ name, privateKey }) => [name, createPublicKey(privateKey)]));
}

/** The configuration field for `KEY_SET_TRUST`: names of signers, as `swfx keys doctor` prints them, with commas. */
export const keySetTrust = () =>
  text().transform((value, context): KeySetTrust => {
    const entries = value.split(',').map((name) => [name.trim(), publicKeyOf(name.trim())] as const);
    const known = entries.flatMap(([name, key]) => (key ? [[name, key] as const] : []));
    if (known.length === entries.length) return new Map(known);
    context.addIssue({ code: 'custom', message: 'must be `id:publicKey,…` with Ed25519 keys in base64url' });
    return z.NEVER;
  });

function deriveSigner({ id, key }: KeyEncryptionKey): KeySetSigner {
  const seed = Buffer.from(hkdfSync('sha256', key, '', `smartwalletfx key set signature 1 ${id}`, 32));
  const der = Buffer.concat([pkcs8Head, seed]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return { name: `${id}:${createPublicKey(privateKey).export({ format: 'jwk' }).x}`, privateKey };
}

function publicKeyOf(name: string): KeyObject | undefined {
  const x = /^[^:]+:([A-Za-z0-9_-]{43})$/.exec(name)?.[1];
  if (!x) return undefined;
  try {
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  } catch {
    return undefined;
  }
}
