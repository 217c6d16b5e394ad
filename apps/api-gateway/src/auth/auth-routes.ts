import type { Queryable } from '@swfx/database';
import { AppError } from '@swfx/errors';
import { parseBody } from '@swfx/service';
import { bearerChallenge } from '@swfx/signing-keys';
import express, { type Express, type Request } from 'express';
import { z } from 'zod';
import type { Authenticate } from './authenticate';
import type { ClientAddress } from './client-address';
import type { Login } from './login';
import type { Logout } from './refresh/logout';
import type { Refresh } from './refresh/refresh';
import { requireCaller } from './require-caller';
import { sourceOf } from './throttle/address-source';
import { findUserBySubject } from './users';

/** The body of `POST /auth/login`. */
export const credentialsSchema = z.object({
  email: z
    .string()
    .min(3)
    .max(254)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, { error: 'must not hold control characters' }),
  password: z.string().min(1).max(1_024),
});
/** The body of `POST /auth/refresh` and `POST /auth/logout`. */
export const refreshTokenSchema = z.object({ refresh_token: z.string().min(1).max(200) });
const bodyLimit = '4kb';

export interface AuthRouteOptions {
  login: Login;
  refresh: Refresh;
  logout: Logout;
  authenticate: Authenticate;
  clientAddress: ClientAddress;
  db: Queryable;
}

/** Adds `/auth`: sessions, and who one is. Paths are whole, since metrics name a route by its path. */
export function addAuthRoutes(app: Express, options: AuthRouteOptions): void {
  const source = (request: Request) => sourceOf(options.clientAddress(request));
  const body = express.json({ limit: bodyLimit });
  app.use('/auth', (_request, response, next) => {
    response.setHeader('cache-control', 'no-store');
    next();
  });

  app.post('/auth/login', body, async (request, response) => {
    const credentials = parseBody(credentialsSchema, request);
    const tokens = await options.login(credentials, source(request)).catch((error: unknown) => {
      // RFC 9110 §15.5.2: a 401 names a scheme, also where the client did not try one.
      if (error instanceof AppError && error.code === 'invalid_credentials')
        response.setHeader('www-authenticate', bearerChallenge);
      throw error;
    });
    response.json(tokens);
  });

  app.post('/auth/refresh', body, async (request, response) => {
    const { refresh_token: token } = parseBody(refreshTokenSchema, request);
    response.json(await options.refresh(token, source(request)));
  });

  app.post('/auth/logout', body, async (request, response) => {
    const { refresh_token: token } = parseBody(refreshTokenSchema, request);
    await options.logout(token);
    response.status(204).end();
  });

  app.get('/auth/me', async (request, response) => {
    const { subject, scopes } = await requireCaller(request, response, options);
    const user = await findUserBySubject(options.db, subject);
    response.json({ subject, email: user?.email ?? null, roles: user?.roles ?? [], scopes });
  });
}
