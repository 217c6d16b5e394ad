import { isDatabaseUnavailable, type Queryable } from '@swfx/database';
import { AppError } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import type { Metrics } from '@swfx/metrics';
import {
  answerProblems,
  createExpressApp,
  healthRoute,
  serviceVersion,
  type HealthCheck,
} from '@swfx/service';
import type { ErrorRequestHandler, Express } from 'express';
import helmet from 'helmet';
import { addAuthRoutes } from './auth/auth-routes';
import type { Authenticate } from './auth/authenticate';
import { jwksRoute } from './auth/jwks-route';
import type { KeyMirror } from './auth/key-mirror';
import type { Login } from './auth/login';

export interface ControlPlaneOptions {
  db: Queryable;
  mirror: KeyMirror;
  authenticate: Authenticate;
  login: Login;
  jwksMaxAgeSeconds: number;
  checks: Record<string, HealthCheck>;
  metrics: Metrics;
  access: Logger;
  logger: Logger;
}

/** The gateway's own addresses: everything that no route of the table claims. */
export function createControlPlane(options: ControlPlaneOptions): Express {
  const app = createExpressApp(options);
  app.use(helmet());
  addAuthRoutes(app, options);
  app.get('/.well-known/jwks.json', jwksRoute(options.mirror, options.jwksMaxAgeSeconds));
  app.get('/health', healthRoute(options.checks, serviceVersion));
  app.use(nameDatabaseOutage);
  answerProblems(app, options.logger);
  return app;
}

const nameDatabaseOutage: ErrorRequestHandler = (error: unknown, _request, _response, next) => {
  if (!isDatabaseUnavailable(error)) return next(error);
  next(
    new AppError('database_unavailable', 'the database does not answer', {
      cause: error,
      retryAfterSeconds: 5,
    }),
  );
};
