/**
 * Keys of the system before, from `JWT_KEYS` and `ACTIVE_JWT_KID`: they come in once, at the first start, under their
 * own kids, so that tokens which that system signed stay valid. The active one signs until the first rotation; the
 * others verify for one grace period. What the variables say later changes nothing.
 */
import {
  createPrivateKey,
  createPublicKey,
  sign,
  verify,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { secret } from '@swfx/config';
import type { Queryable } from '@swfx/database';
import type { Logger } from '@swfx/logging';
import {
  prepareKey,
  publicJwk,
  thumbprint,
  type KeyRing,
  type NewKey,
  type SigningAlgorithm,
} from '@swfx/signing-keys';
import { z } from 'zod';
import type { RotationPolicy } from '../rotation/rotation-policy';

/** A key that is offered for import; without its private half it can only verify. */
export interface ImportedKey {
  kid: string;
  alg: SigningAlgorithm;
  jwk: JsonWebKey;
  privateKey: KeyObject | undefined;
}

export interface ImportedKeys {
  active: ImportedKey & { privateKey: KeyObject };
  others: ImportedKey[];
}

const material = z.union([z.string(), z.record(z.string(), z.unknown())]);
const jwks = z.strictObject({ keys: z.array(z.looseObject({ kid: z.string().min(1) })) });
const byKid = z.record(z.string().min(1), material);

/** The configuration field for `JWT_KEYS`: a JSON object of kid to PEM or JWK, or a JWK Set. */
export const jwtKeys = () =>
  secret()
    .transform((value, context): ImportedKey[] => {
      const entries = readEntries(value.reveal());
      if (!entries) {
        context.addIssue({
          code: 'custom',
          message: 'must be a JSON object of kid to PEM or JWK, or a JWK Set',
        });
        return z.NEVER;
      }
      const keys = [...repeatedKids(entries), ...entries.map(([kid, source]) => readKey(kid, source))];
      for (const key of keys) if (typeof key === 'string') context.addIssue({ code: 'custom', message: key });
      return keys.filter((key) => typeof key !== 'string');
    })
    .meta({ secret: true });

/** The keys with the one that signs told apart; undefined without any, a sentence when they do not fit together. */
export function arrangeImport(
  keys: ImportedKey[] | undefined,
  activeKid: string | undefined,
): ImportedKeys | string | undefined {
  if (!keys) return activeKid === undefined ? undefined : 'names a key, but JWT_KEYS gives none';
  const active = keys.find(({ kid }) => kid === activeKid);
  if (!active) return 'must be the kid of one of JWT_KEYS: the key that signs';
  const { privateKey } = active;
  if (!privateKey) return `names ${active.kid}, of which JWT_KEYS has only the public half`;
  return { active: { ...active, privateKey }, others: keys.filter((key) => key !== active) };
}

/** The imported keys as they join the set. */
export function prepareImport(
  { active, others }: ImportedKeys,
  at: Date,
  { ring, policy, createdBy }: { ring: KeyRing; policy: RotationPolicy; createdBy: string },
): NewKey[] {
  const leavesAt = new Date(at.getTime() + policy.graceSeconds * 1000);
  const verifying = others.map(({ kid, alg, jwk }): NewKey => {
    return { kid, alg, jwk, createdBy, leavesAt, state: 'retiring', probe: null, sealed: undefined };
  });
  return [prepareKey(active, { ring, state: 'active', createdBy }), ...verifying];
}

/** Warns when JWT_KEYS offers, after the first start, a key that the set has never had. */
export async function warnOfLateImport(db: Queryable, imported: ImportedKeys, logger: Logger): Promise<void> {
  const { rows } = await db.query<{ kid: string; jwk: JsonWebKey }>(
    'SELECT kid, public_jwk AS jwk FROM signing_key',
  );
  if (rows.length === 0) return;
  const known = new Map(rows.map(({ kid, jwk }) => [kid, thumbprint(jwk)]));
  const late = [imported.active, ...imported.others].filter(
    ({ kid, jwk }) => known.get(kid) !== thumbprint(jwk),
  );
  if (late.length === 0) return;
  logger.warn('JWT_KEYS is imported at the first start only; what it says now is refused', {
    kids: late.map(({ kid }) => kid),
  });
}

function readEntries(text: string): [kid: string, source: unknown][] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const set = jwks.safeParse(value);
    if (set.success) return set.data.keys.map((key) => [key.kid, key]);
    const map = byKid.safeParse(value);
    return map.success ? Object.entries(map.data) : undefined;
  } catch {
    return undefined;
  }
}

/** A JWK Set can name a kid twice; which of the keys its tokens were signed with, nobody could say. */
function repeatedKids(entries: [kid: string, source: unknown][]): string[] {
  const kids = entries.map(([kid]) => kid);
  const repeated = new Set(kids.filter((kid, at) => kids.indexOf(kid) !== at));
  return [...repeated].map((kid) => `has more than one key under ${kid}`);
}

/** The key, or what is wrong with it; never a piece of it. */
function readKey(kid: string, source: unknown): ImportedKey | string {
  const privateKey = attempt(() => createPrivateKey(asInput(source)));
  const publicKey = privateKey
    ? createPublicKey(privateKey)
    : attempt(() => createPublicKey(asInput(source)));
  if (!publicKey) return `has under ${kid} neither a PEM nor a JWK of an asymmetric key`;
  const alg = algorithmOf(publicKey);
  if (!alg) return `has under ${kid} a key that is neither P-256 nor RSA of at least 2048 bits`;
  const use = otherUse(source, alg);
  if (use) return `has under ${kid} a key for ${use}, where ${alg} is what it would be used for`;
  if (privateKey && !isPair(privateKey, publicKey))
    return `has under ${kid} a private half and a public half that do not belong together`;
  return { kid, alg, jwk: { ...publicJwk(publicKey, alg), kid }, privateKey };
}

/** What a JWK says that it is for, if that is something else: its tokens would all be refused. */
function otherUse(source: unknown, alg: SigningAlgorithm): string | undefined {
  if (typeof source === 'string') return undefined;
  const { alg: its = alg, use = 'sig' } = source as { alg?: unknown; use?: unknown };
  if (its !== alg) return String(its);
  return use === 'sig' ? undefined : String(use);
}

/** A JWK holds both halves, and they are not compared when it is read; with halves of two keys no token would verify. */
function isPair(privateKey: KeyObject, publicKey: KeyObject): boolean {
  const sample = Buffer.from('sample');
  return verify('sha256', sample, publicKey, sign('sha256', sample, privateKey));
}

function asInput(
  source: unknown,
): Parameters<typeof createPrivateKey>[0] & Parameters<typeof createPublicKey>[0] {
  return typeof source === 'string' ? source : { key: source as JsonWebKey, format: 'jwk' };
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): SigningAlgorithm | undefined {
  if (asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'ES256';
  if (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048) return 'RS256';
  return undefined;
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
