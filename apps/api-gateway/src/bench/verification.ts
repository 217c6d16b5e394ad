/**
 * What it costs to verify an access token: ours cold and remembered, beside the bare signature check that none can do
 * without, and beside the libraries that people use, all in one run and in turns, so that the machine's mood is shared.
 * Figures of one machine are not to be compared with those of another; the ratios are.
 */
import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { generateSigningKey, signAccessToken, type GeneratedKey } from '@swfx/signing-keys';
import { createVerifier } from 'fast-jwt';
import { jwtVerify } from 'jose';
import jwt from 'jsonwebtoken';
import { createVerifiedTokens } from '../auth/verified-tokens';

/** Microseconds a token, the median of the rounds, and how many times a bare `crypto.verify` that is. */
export interface VerificationCost {
  microseconds: number;
  timesBare: number;
}

type Contender = (token: string) => unknown;

const rounds = 9;
const tokensARound = 2_000;
const issuer = 'smartwalletfx';
const audience = 'smartwalletfx-platform';

/** Prints nothing; the keys of the result are the contenders' names. */
export async function benchVerification(alg: 'ES256' | 'RS256'): Promise<Record<string, VerificationCost>> {
  const key = await generateSigningKey(alg);
  const tokens = Array.from({ length: tokensARound }, (_, at) =>
    signAccessToken({ ...key, claims: claimsOf(at) }),
  );
  const contenders = contendersFor(key);
  const times = new Map(Object.keys(contenders).map((name) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round += 1)
    for (const [name, verifyOne] of Object.entries(contenders)) {
      const microseconds = await timeOne(verifyOne, tokens);
      // The first round warms up: the compiler, and what remembers.
      if (round > 0) times.get(name)?.push(microseconds);
    }
  const medians = new Map([...times].map(([name, samples]) => [name, median(samples)]));
  const bare = medians.get(bareName) ?? Number.NaN;
  return Object.fromEntries(
    [...medians].map(([name, cost]) => [
      name,
      { microseconds: rounded(cost), timesBare: rounded(cost / bare) },
    ]),
  );
}

const bareName = 'crypto.verify, bare';

function contendersFor(key: GeneratedKey): Record<string, Contender> {
  const { alg, kid } = key;
  const publicKey = createPublicKey(key.privateKey);
  const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const held = { kid, alg, key: publicKey, state: 'active', leavesAt: null } as const;
  const policy = { issuer, audience, clockSkewSeconds: 60 };
  const keyOf = (asked: string) => (asked === kid ? held : undefined);
  const remembered = createVerifiedTokens({ keyOf, policy, limit: 10 * tokensARound });
  const unremembered = createVerifiedTokens({ keyOf, policy, limit: 0 });
  const rules = { algorithms: [alg], allowedIss: issuer, allowedAud: audience, key: pem };
  const fast = createVerifier({ ...rules, cache: false });
  const fastCached = createVerifier({ ...rules, cache: 10 * tokensARound });
  const options = { issuer, audience, algorithms: [alg] };
  return {
    [bareName]: (token) => verifyBare(token, held),
    'ours, cold': (token) => unremembered.verify(token, new Date()),
    jsonwebtoken: (token) => jwt.verify(token, publicKey, options),
    'fast-jwt, cold': (token): unknown => fast(token),
    'jose, one at a time': (token) => jwtVerify(token, publicKey, options),
    'ours, remembered': (token) => remembered.verify(token, new Date()),
    'fast-jwt, remembered': (token): unknown => fastCached(token),
  };
}

function verifyBare(token: string, { alg, key }: { alg: string; key: KeyObject }): boolean {
  const dot = token.lastIndexOf('.');
  const signature = Buffer.from(token.slice(dot + 1), 'base64url');
  const how = alg === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' as const } : key;
  return verify('sha256', Buffer.from(token.slice(0, dot), 'latin1'), how, signature);
}

async function timeOne(verifyOne: Contender, tokens: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  for (const token of tokens) {
    const result = verifyOne(token);
    if (result instanceof Promise) await result;
  }
  return ((performance.now() - startedAt) * 1000) / tokens.length;
}

function claimsOf(at: number): Parameters<typeof signAccessToken>[0]['claims'] {
  const now = Math.floor(Date.now() / 1000);
  return {
    ...{ iss: issuer, aud: audience, sub: `user:0192f3a1-7b1e-7c44-9d5e-${String(at).padStart(12, '0')}` },
    ...{ client_id: 'smartwalletfx', scope: 'platform:read platform:write', jti: `token-${at}` },
    ...{ iat: now, exp: now + 3_600 },
  };
}

function median(samples: number[]): number {
  return [...samples].sort((a, b) => a - b)[Math.floor(samples.length / 2)] ?? Number.NaN;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
