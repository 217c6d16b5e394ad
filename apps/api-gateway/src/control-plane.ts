import { isDatabaseUnavailable } from '@swfx/database';
import { AppError } from '@swfx/errors';
import {
  answerProblems,
  createExpressApp,
  healthRoute,
  serviceVersion,
  type Foundation,
  type HealthCheck,
} from '@swfx/service';
import type { ErrorRequestHandler, Express, RequestHandler } from 'express';
import helmet from 'helmet';
import { addUserRoutes } from './admin/user-routes';
import { addAuthRoutes } from './auth/auth-routes';
import type { Authenticate } from './auth/authenticate';
import type { ClientAddress } from './auth/client-address';
import { jwksRoute } from './auth/jwks-route';
import type { KeyMirror } from './auth/key-mirror';
import type { Issuer } from './issuer';
import { describeApi } from './openapi/describe-api';
import type { Route } from './proxy/route-table';

export interface ControlPlaneOptions extends Pick<
  Foundation,
  'pool' | 'audit' | 'facts' | 'metrics' | 'access' | 'logger'
> {
  mirror: Pick<KeyMirror, 'keySet'>;
  authenticate: Authenticate;
  clientAddress: ClientAddress;
  /** What makes tokens here, or the way to where they are made. */
  issuer: Issuer | { forward: RequestHandler };
  /** The way to the admin API of backups; undefined where it is not reached through this gateway. */
  backups?: RequestHandler | undefined;
  routes: readonly Route[];
  jwksMaxAgeSeconds: number;
  checks: Record<string, HealthCheck>;
}

/** Whoever may use these, the backup service says: it verifies the caller's token itself. */
const backupPaths = ['/admin/backups', '/admin/backups/*rest', '/admin/restores', '/admin/restores/*rest'];

/** The gateway's own addresses: everything that no route of the table claims. */
export function createControlPlane(options: ControlPlaneOptions): Express {
  const { issuer, mirror } = options;
  const app = createExpressApp(options);
  // Before anything adds a header: the issuer's answer is passed on as it is.
  if ('forward' in issuer) for (const path of ['/auth/*rest', '/admin/*rest']) app.all(path, issuer.forward);
  else if (options.backups) for (const path of backupPaths) app.all(path, options.backups);
  app.use(helmet());
  if (!('forward' in issuer)) addIssuerRoutes(app, { ...options, issuer });
  app.get('/.well-known/jwks.json', jwksRoute(mirror, options.jwksMaxAgeSeconds));
  const api = describeApi(options.routes);
  app.get('/openapi.json', (_request, response) => void response.json(api));
  app.get('/health', healthRoute(options.checks, serviceVersion));
  app.use(nameDatabaseOutage);
  answerProblems(app, options.logger);
  return app;
}

function addIssuerRoutes(app: Express, options: ControlPlaneOptions & { issuer: Issuer }): void {
  const { issuer, pool, ...rest } = options;
  addAuthRoutes(app, { ...rest, ...issuer, db: pool });
  addUserRoutes(app, { ...rest, ...issuer, pool });
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
