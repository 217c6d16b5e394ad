/**
 * Callers that never rest: they log in, call with the tokens that they hold at every gateway, and show forged and
 * expired ones. A refusal counts against the platform only if the token was still valid when the answer came; "try
 * again", a broken connection and a timeout are no refusals.
 */
import { generateSigningKey, signAccessToken } from '@swfx/signing-keys';
import type { KeyPlatform } from './key-platform';

/** What came of the load; the two lists must stay empty. */
export interface LoadReport {
  logins: number;
  accepted: number;
  forgeriesRefused: number;
  /** 5xx, broken connections and time-outs: the price of a storm. */
  notAnswered: number;
  validRefused: string[];
  invalidAccepted: string[];
}

interface Held {
  token: string;
  kid: string;
  expiresAt: number;
}

export interface TokenLoad {
  report: LoadReport;
  /** Tokens of this key are no longer valid, and not shown until `forget` says that every gateway must know. */
  revoked(kid: string): void;
  stop(): Promise<LoadReport>;
}

const answerLimitMs = 3_000;

export function startTokenLoad(platform: KeyPlatform, callers: number): TokenLoad {
  const report: LoadReport = {
    ...{ logins: 0, accepted: 0, forgeriesRefused: 0, notAnswered: 0 },
    ...{ validRefused: [], invalidAccepted: [] },
  };
  const revokedKids = new Set<string>();
  let held: Held[] = [];
  let stopping = false;

  async function login(): Promise<void> {
    const answer = await ask(pick(platform.gateways).url, '/auth/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(platform.user),
    });
    if (answer?.status !== 200) return void (report.notAnswered += 1);
    report.logins += 1;
    held = [...held.filter(({ expiresAt }) => expiresAt > Date.now()), readToken(answer.body)].slice(-200);
  }
  async function call(): Promise<void> {
    const one = held.length > 0 ? pick(held) : undefined;
    if (!one) return login();
    const gateway = pick(platform.gateways);
    const answer = await ask(gateway.url, '/api/wallets', {
      headers: { authorization: `Bearer ${one.token}` },
    });
    const wasValid = Date.now() < one.expiresAt && !revokedKids.has(one.kid);
    if (answer?.status === 200) report.accepted += 1;
    else if (answer?.status !== 401) report.notAnswered += 1;
    else if (wasValid)
      report.validRefused.push(`${gateway.name} refused a token of ${one.kid}: ${answer.body}`);
  }
  async function forge(): Promise<void> {
    const kid = held.at(-1)?.kid;
    if (!kid) return;
    const gateway = pick(platform.gateways);
    const token = Math.random() < 0.5 ? await forgery(kid) : await forgery();
    const answer = await ask(gateway.url, '/api/wallets', { headers: { authorization: `Bearer ${token}` } });
    if (answer?.status === 200)
      report.invalidAccepted.push(`${gateway.name} accepted a forgery under ${kid}`);
    else if (answer?.status === 401) report.forgeriesRefused += 1;
    else report.notAnswered += 1;
  }
  async function showExpired(): Promise<void> {
    const over = held.find(({ expiresAt }) => expiresAt < Date.now() - 1_000);
    if (!over) return;
    const gateway = pick(platform.gateways);
    const answer = await ask(gateway.url, '/api/wallets', {
      headers: { authorization: `Bearer ${over.token}` },
    });
    if (answer?.status === 200)
      report.invalidAccepted.push(`${gateway.name} accepted a token that had expired`);
  }
  async function caller(): Promise<void> {
    while (!stopping) {
      const chance = Math.random();
      if (chance < 0.15) await login();
      else if (chance < 0.2) await forge();
      else if (chance < 0.23) await showExpired();
      else await call();
    }
  }
  const running = Array.from({ length: callers }, caller);
  return {
    report,
    revoked: (kid) => void revokedKids.add(kid),
    async stop() {
      stopping = true;
      await Promise.all(running);
      return report;
    },
  };
}

/** Signed by nobody whom the platform knows, under a kid that it does know or one of its own. */
async function forgery(kid?: string): Promise<string> {
  const key = await generateSigningKey('ES256');
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: 'smartwalletfx',
    aud: 'smartwalletfx-platform',
    sub: 'user:forged',
    client_id: 'smartwalletfx',
  };
  const scope = 'platform:read platform:write';
  return signAccessToken({
    ...{ privateKey: key.privateKey, kid: kid ?? key.kid, alg: key.alg },
    claims: { ...claims, iat: now, exp: now + 600, jti: 'forged', scope },
  });
}

function readToken(body: string): Held {
  const { access_token: token } = JSON.parse(body) as { access_token: string };
  const [header = '', claims = ''] = token.split('.');
  const part = (text: string) =>
    JSON.parse(Buffer.from(text, 'base64url').toString()) as { kid: string; exp: number };
  return { token, kid: part(header).kid, expiresAt: part(claims).exp * 1000 };
}

async function ask(
  origin: string,
  path: string,
  init: RequestInit,
): Promise<{ status: number; body: string } | undefined> {
  try {
    const response = await fetch(`${origin}${path}`, { ...init, signal: AbortSignal.timeout(answerLimitMs) });
    return { status: response.status, body: await response.text() };
  } catch {
    // So that a gateway that is down is not asked a thousand times a second.
    await new Promise((resolve) => setTimeout(resolve, 20));
    return undefined;
  }
}

function pick<T>(list: readonly T[]): T {
  return list[Math.floor(Math.random() * list.length)] as T;
}
