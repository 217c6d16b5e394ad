/**
 * The sessions of a load, each of them used by one caller at a time. A refresh token is exchanged once, or by two
 * requests at once, as two tabs of a browser do: both must get the same successor. Where an answer is lost nobody knows
 * whether the exchange happened, so the same token is shown again until it is answered; after that the session is
 * left alone, for the request whose answer was lost may still come, and would then pass for a thief's.
 */
import type { GatewayAnswer } from './ask-gateway';
import type { HeldTokens } from './held-tokens';
import type { GatewayProcess } from './key-platform';
import type { LoadReport } from './token-load';

export interface Sessions {
  login(): Promise<void>;
  /** Logs in where there is no session. */
  refresh(): Promise<void>;
  /** Ends a session and shows its refresh token once more. */
  logout(): Promise<void>;
}

interface Session {
  refreshToken: string;
  sid: string;
  /** When an answer was lost for the first time. */
  doubtfulSince?: number;
}

interface Reply {
  gateway: GatewayProcess;
  answer: GatewayAnswer | undefined;
}

interface Tokens {
  access_token: string;
  refresh_token: string;
}

/** Well within the grace for benign repeats, after which a repeat counts as a theft, rightly. */
const repeatLimitMs = 30_000;
const limit = 50;

export function createSessions(options: {
  report: LoadReport;
  tokens: HeldTokens;
  login(): Promise<Reply>;
  refresh(refreshToken: string): Promise<Reply>;
  logout(refreshToken: string): Promise<Reply>;
}): Sessions {
  const { report, tokens } = options;
  const sessions: Session[] = [];

  function take(): Session | undefined {
    return sessions.splice(Math.floor(Math.random() * sessions.length), 1)[0];
  }
  function keep(session: Session): void {
    sessions.push(session);
    if (sessions.length > limit) sessions.shift();
  }
  async function login(): Promise<void> {
    const { answer } = await options.login();
    if (answer?.status !== 200) return void (report.notAnswered += 1);
    report.logins += 1;
    const { access_token, refresh_token } = JSON.parse(answer.body) as Tokens;
    keep({ refreshToken: refresh_token, sid: tokens.add(access_token).sid });
  }
  async function refresh(): Promise<void> {
    const session = take();
    if (!session) return login();
    const twice = Math.random() < 0.25;
    const replies = await Promise.all(
      Array.from({ length: twice ? 2 : 1 }, () => options.refresh(session.refreshToken)),
    );
    const answered = replies.flatMap((reply) => readTokens(reply) ?? []);
    for (const reply of replies) judge(reply, session);
    for (const { access_token } of answered) tokens.add(access_token);
    const successors = new Set(answered.map(({ refresh_token }) => refresh_token));
    if (successors.size > 1) report.invalidAccepted.push('one refresh token got two successors');
    if (answered.length > 0) report.refreshes += 1;
    if (answered.length > 1 || (answered.length > 0 && session.doubtfulSince)) report.repeats += 1;
    goOn(session, replies, [...successors][0]);
  }
  function judge({ gateway, answer }: Reply, { doubtfulSince = Date.now() }: Session): void {
    if (answer?.status === 200) return;
    if (answer?.status !== 400) report.notAnswered += 1;
    else if (Date.now() - doubtfulSince < repeatLimitMs)
      report.validRefused.push(`${gateway.name} refused a refresh token: ${answer.body}`);
  }
  function goOn(session: Session, replies: Reply[], successor: string | undefined): void {
    const isLost = replies.some(({ answer }) => answer?.status !== 200);
    if (!isLost && successor && !session.doubtfulSince) return keep({ ...session, refreshToken: successor });
    const doubtfulSince = session.doubtfulSince ?? Date.now();
    if (!successor && Date.now() - doubtfulSince < repeatLimitMs) keep({ ...session, doubtfulSince });
  }
  async function logout(): Promise<void> {
    const session = take();
    if (!session || session.doubtfulSince) return;
    tokens.end(session.sid);
    const { answer } = await options.logout(session.refreshToken);
    if (answer?.status !== 204) return void (report.notAnswered += 1);
    report.logouts += 1;
    const again = await options.refresh(session.refreshToken);
    if (again.answer?.status === 200)
      report.invalidAccepted.push(`${again.gateway.name} exchanged the refresh token of an ended session`);
  }
  return { login, refresh, logout };
}

function readTokens({ answer }: Reply): Tokens | undefined {
  return answer?.status === 200 ? (JSON.parse(answer.body) as Tokens) : undefined;
}
