/**
 * The admin API of backups: what `swfx backup` does, over HTTP, for people and programs that have no credentials of the
 * ops database. Each route needs a scope; each use is in the audit trail before it is answered; what cannot be taken
 * back is shown first, and done only when it was approved as shown.
 */
import { isDatabaseUnavailable } from '@swfx/database';
import { AppError } from '@swfx/errors';
import { answerProblems, createExpressApp, type AuthenticateAdmin, type Foundation } from '@swfx/service';
import type { ErrorRequestHandler, Express } from 'express';
import type { RestoreWork } from '../restore/restore-work';
import { addBackupRoutes } from './backup-routes';
import { describeAdminApi } from './describe-api';
import { addRestoreRoutes } from './restore-routes';
import type { ProgressSender } from './send-progress';

export interface AdminApiOptions extends Pick<
  Foundation,
  'pool' | 'audit' | 'facts' | 'metrics' | 'access' | 'logger'
> {
  authenticate: AuthenticateAdmin;
  restoreWork: RestoreWork;
  progress: ProgressSender;
  /** Whether the name of a database has to be typed before it is replaced. */
  production: boolean;
  /** How long a plan that was shown can be approved. */
  approvalSeconds: number;
}

/** The app; it listens nowhere yet. */
export function createAdminApi(options: AdminApiOptions): Express {
  const app = createExpressApp(options);
  addBackupRoutes(app, options);
  addRestoreRoutes(app, options);
  const api = describeAdminApi();
  app.get('/openapi.json', (_request, response) => void response.json(api));
  app.use(nameDatabaseOutage);
  answerProblems(app, options.logger);
  return app;
}

const nameDatabaseOutage: ErrorRequestHandler = (error: unknown, _request, _response, next) => {
  if (!isDatabaseUnavailable(error)) return next(error);
  const what = 'the ops database does not answer';
  next(new AppError('database_unavailable', what, { cause: error, retryAfterSeconds: 5 }));
};
