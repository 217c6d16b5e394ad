import type { Request, Response } from 'express';
import type { Authenticate, Caller } from './authenticate';

/** The caller of one of the gateway's own routes; throws what the client is to be told, its headers set already. */
export async function requireCaller(
  request: Request,
  response: Response,
  options: { authenticate: Authenticate },
): Promise<Caller> {
  const result = await options.authenticate(request);
  if (result.outcome === 'accepted') return result.caller;
  response.set(result.refusal.headers);
  throw result.refusal.error;
}
