import type { Queryable } from '@swfx/database';
import { AppError } from '@swfx/errors';
import { parseBody } from '@swfx/service';
import express, { type Express, type Request, type Response } from 'express';
import { z } from 'zod';
import type { Authenticate, Caller } from './authenticate';
import { bearerChallenge } from './bearer-refusal';
import type { Login } from './login';
import { findUserBySubject } from './users';

const credentialsSchema = z.object({
  email: z.string().min(3).max(254),
  password: z.string().min(1).max(1_024),
});
const loginBodyLimit = '4kb';

/** Adds `/auth`: logging in, and who one is. Paths are whole, since metrics name a route by its path. */
export function addAuthRoutes(
  app: Express,
  options: { login: Login; authenticate: Authenticate; db: Queryable },
): void {
  app.use('/auth', (_request, response, next) => {
    response.setHeader('cache-control', 'no-store');
    next();
  });

  app.post('/auth/login', express.json({ limit: loginBodyLimit }), async (request, response) => {
    const token = await options.login(parseBody(credentialsSchema, request)).catch((error: unknown) => {
      // RFC 9110 §15.5.2: a 401 names a scheme, also where the client did not try one.
      if (error instanceof AppError && error.code === 'invalid_credentials')
        response.setHeader('www-authenticate', bearerChallenge);
      throw error;
    });
    response.json(token);
  });

  app.get('/auth/me', async (request, response) => {
    const { subject, scopes } = await requireCaller(request, response, options.authenticate);
    const user = await findUserBySubject(options.db, subject);
    response.json({ subject, email: user?.email ?? null, roles: user?.roles ?? [], scopes });
  });
}

async function requireCaller(
  request: Request,
  response: Response,
  authenticate: Authenticate,
): Promise<Caller> {
  const result = await authenticate(request);
  if (result.outcome === 'accepted') return result.caller;
  response.set(result.refusal.headers);
  throw result.refusal.error;
}
