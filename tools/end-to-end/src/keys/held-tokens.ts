/** An access token that a caller holds, and what is needed to tell whether it must be accepted. */
export interface HeldToken {
  token: string;
  kid: string;
  /** The session that it belongs to. */
  sid: string;
  expiresAt: number;
}

/** The access tokens of all callers, and what has ended before its time. */
export interface HeldTokens {
  add(token: string): HeldToken;
  /** One that has not expired. */
  pick(): HeldToken | undefined;
  /** One that expired more than a second ago. */
  pickExpired(): HeldToken | undefined;
  isValid(held: HeldToken): boolean;
  /** Tokens of this key, or of this session, need no longer be accepted. */
  end(kidOrSid: string): void;
}

const limit = 200;

export function createHeldTokens(): HeldTokens {
  const ended = new Set<string>();
  let held: HeldToken[] = [];
  const among = (list: HeldToken[]) => list[Math.floor(Math.random() * list.length)];

  return {
    add(token) {
      const one = readToken(token);
      held = [...held, one].slice(-limit);
      return one;
    },
    pick: () => among(held.filter(({ expiresAt }) => expiresAt > Date.now())),
    pickExpired: () => among(held.filter(({ expiresAt }) => expiresAt < Date.now() - 1_000)),
    isValid: ({ kid, sid, expiresAt }) => Date.now() < expiresAt && !ended.has(kid) && !ended.has(sid),
    end: (kidOrSid) => void ended.add(kidOrSid),
  };
}

function readToken(token: string): HeldToken {
  const [header, claims] = token
    .split('.', 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>);
  return {
    token,
    kid: String(header?.['kid']),
    sid: String(claims?.['sid']),
    expiresAt: Number(claims?.['exp']) * 1000,
  };
}
