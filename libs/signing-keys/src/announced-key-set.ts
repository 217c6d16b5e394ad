/**
 * The set as it travels with the hint that it changed, so that whoever hears the hint need not ask for it. It carries
 * the signer's signature and is worth no more than that: anybody may have said it, and may say an old one again.
 */
import type { JsonWebKey } from 'node:crypto';
import { z } from 'zod';
import { keyStates, signingAlgorithms, type StoredKeySet } from './key-set';

const instant = z.iso.datetime().transform((text) => new Date(text));
const announced = z.object({
  epoch: z.number().int().positive(),
  signer: z.string(),
  signature: z.base64url(),
  keys: z.array(
    z.object({
      kid: z.string(),
      alg: z.enum(signingAlgorithms),
      state: z.enum(keyStates),
      jwk: z.record(z.string(), z.unknown()).transform((jwk) => jwk as JsonWebKey),
      probe: z.string().nullable(),
      publishedAt: instant,
      activatedAt: instant.nullable(),
      retiringSince: instant.nullable(),
      retiredAt: instant.nullable(),
      revokedAt: instant.nullable(),
      leavesAt: instant.nullable(),
    }),
  ),
});

/** A signed set in a form that JSON carries, dates as RFC 3339. */
export type AnnouncedKeySet = z.input<typeof announced>;

/** Undefined for a set that nobody signed: there is nothing to tell by it. */
export function announceKeySet({ epoch, keys, signature }: StoredKeySet): AnnouncedKeySet | undefined {
  if (!signature) return undefined;
  const { signer, value } = signature;
  return { epoch, signer, signature: value.toString('base64url'), keys: keys.map(toAnnounced) };
}

/**
 * Reads what `announceKeySet` made, as if it had been read from Postgres at `readAt`; undefined when it is something
 * else. It is not to be believed before `findForgery` has found nothing.
 */
export function readAnnouncedKeySet(value: unknown, readAt: Date): StoredKeySet | undefined {
  const { data } = announced.safeParse(value);
  if (!data) return undefined;
  const { epoch, keys, signer, signature } = data;
  return { epoch, keys, readAt, signature: { signer, value: Buffer.from(signature, 'base64url') } };
}

function toAnnounced(key: StoredKeySet['keys'][number]): AnnouncedKeySet['keys'][number] {
  const text = (at: Date | null) => at && at.toISOString();
  return {
    ...key,
    jwk: { ...key.jwk },
    publishedAt: key.publishedAt.toISOString(),
    activatedAt: text(key.activatedAt),
    retiringSince: text(key.retiringSince),
    retiredAt: text(key.retiredAt),
    revokedAt: text(key.revokedAt),
    leavesAt: text(key.leavesAt),
  };
}
