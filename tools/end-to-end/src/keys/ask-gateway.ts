const answerLimitMs = 3_000;

export interface GatewayAnswer {
  status: number;
  body: string;
}

/** Undefined when there was no answer: a broken connection, or none in time. */
export async function askGateway(
  origin: string,
  path: string,
  init: RequestInit,
): Promise<GatewayAnswer | undefined> {
  try {
    const response = await fetch(`${origin}${path}`, { ...init, signal: AbortSignal.timeout(answerLimitMs) });
    return { status: response.status, body: await response.text() };
  } catch {
    // So that a gateway that is down is not asked a thousand times a second.
    await new Promise((resolve) => setTimeout(resolve, 20));
    return undefined;
  }
}

export function postJson(body: object): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}

export function asBearer(token: string): RequestInit {
  return { headers: { authorization: `Bearer ${token}` } };
}
