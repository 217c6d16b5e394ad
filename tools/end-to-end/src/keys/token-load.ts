/**
 * Callers that never rest: they log in, refresh, log out, call with the tokens that they hold at every gateway, and
 * show forged, expired and ended ones. A refusal counts against the platform only if what was refused was still valid
 * when the answer came; "try again", a broken connection and a timeout are no refusals.
 */
import { asBearer, askGateway, postJson } from './ask-gateway';
import { forgeToken } from './forge-token';
import { createHeldTokens } from './held-tokens';
import type { GatewayProcess, KeyPlatform } from './key-platform';
import { createSessions } from './sessions';

/** What came of the load; the two lists must stay empty. */
export interface LoadReport {
  logins: number;
  /** Refresh tokens that were exchanged, and those of them that were shown twice and got the same successor. */
  refreshes: number;
  repeats: number;
  logouts: number;
  accepted: number;
  forgeriesRefused: number;
  expiredRefused: number;
  /** 5xx, broken connections and time-outs: the price of a storm. */
  notAnswered: number;
  validRefused: string[];
  invalidAccepted: string[];
}

export interface TokenLoad {
  report: LoadReport;
  /** Tokens of this key need no longer be accepted. */
  revoked(kid: string): void;
  stop(): Promise<LoadReport>;
}

export function startTokenLoad(platform: KeyPlatform, callers: number): TokenLoad {
  const report: LoadReport = {
    ...{ logins: 0, refreshes: 0, repeats: 0, logouts: 0 },
    ...{ accepted: 0, forgeriesRefused: 0, expiredRefused: 0, notAnswered: 0 },
    ...{ validRefused: [], invalidAccepted: [] },
  };
  const tokens = createHeldTokens();
  const pickGateway = () => platform.gateways[Math.floor(Math.random() * platform.gateways.length)];
  const askAny = async (path: string, init: RequestInit) => {
    const gateway = pickGateway() as GatewayProcess;
    return { gateway, answer: await askGateway(gateway.url, path, init) };
  };
  const sessions = createSessions({
    report,
    tokens,
    login: () => askAny('/auth/login', postJson(platform.user)),
    refresh: (refreshToken) => askAny('/auth/refresh', postJson({ refresh_token: refreshToken })),
    logout: (refreshToken) => askAny('/auth/logout', postJson({ refresh_token: refreshToken })),
  });
  let stopping = false;

  async function call(): Promise<void> {
    const held = tokens.pick();
    if (!held) return sessions.refresh();
    const { gateway, answer } = await askAny('/api/wallets', asBearer(held.token));
    const wasValid = tokens.isValid(held);
    if (answer?.status === 200) report.accepted += 1;
    else if (answer?.status !== 401) report.notAnswered += 1;
    else if (wasValid)
      report.validRefused.push(`${gateway.name} refused a token of ${held.kid}: ${answer.body}`);
  }
  async function showForged(): Promise<void> {
    const kid = Math.random() < 0.5 ? tokens.pick()?.kid : undefined;
    const { gateway, answer } = await askAny('/api/wallets', asBearer(await forgeToken(kid)));
    if (answer?.status === 200)
      report.invalidAccepted.push(`${gateway.name} accepted a forgery under ${kid}`);
    else if (answer?.status === 401) report.forgeriesRefused += 1;
    else report.notAnswered += 1;
  }
  async function showExpired(): Promise<void> {
    const held = tokens.pickExpired();
    if (!held) return;
    const { gateway, answer } = await askAny('/api/wallets', asBearer(held.token));
    if (answer?.status === 200)
      report.invalidAccepted.push(`${gateway.name} accepted a token that had expired`);
    else if (answer?.status === 401) report.expiredRefused += 1;
    else report.notAnswered += 1;
  }
  async function caller(): Promise<void> {
    while (!stopping) {
      const chance = Math.random();
      if (chance < 0.03) await sessions.login();
      else if (chance < 0.15) await sessions.refresh();
      else if (chance < 0.16) await sessions.logout();
      else if (chance < 0.2) await showForged();
      else if (chance < 0.23) await showExpired();
      else await call();
    }
  }
  const running = Array.from({ length: callers }, caller);
  return {
    report,
    revoked: (kid) => tokens.end(kid),
    async stop() {
      stopping = true;
      await Promise.all(running);
      return report;
    },
  };
}
