import { AppError } from '@swfx/errors';
import { addAdminRoute, parseBody, type AdminAnswer, type AdminCaller } from '@swfx/service';
import express, { type Express, type Request } from 'express';
import { z } from 'zod';
import { listTargets } from '../catalogue/targets';
import { askForBackup } from '../operator/ask-for-backup';
import { askForProof, readProof } from '../operator/ask-for-proof';
import { askToCancel } from '../operator/ask-to-cancel';
import { chooseDatabase } from '../operator/choose-database';
import { readRun } from '../operator/follow-run';
import { listBackups } from '../operator/list-backups';
import { showBackup, type ShownBackup } from '../operator/show-backup';
import type { AdminApiOptions } from './admin-api';
import { readProgress } from './read-progress';
import { scopes } from './scopes';
import { withoutNul } from './without-nul';

/** The body of `POST /admin/backups`. */
export const startSchema = z.strictObject({ database: z.string().max(63).optional() });
/** The query of `GET /admin/backups`. */
export const listQuerySchema = z.object({
  database: withoutNul(z.string().max(63)).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

/** Adds `/admin/backups`: which there are, and to take, watch, end and prove one. */
export function addBackupRoutes(app: Express, options: AdminApiOptions): void {
  const { pool, progress } = options;
  const { read, write } = scopes;
  addAdminRoute(app, options, {
    method: 'get',
    path: '/admin/backups',
    scope: read,
    handle: async (request) => ({
      status: 200,
      body: { backups: await listBackups(pool, queryOf(request)) },
    }),
  });
  addAdminRoute(app, options, {
    method: 'post',
    path: '/admin/backups',
    scope: write,
    before: express.json({ limit: '4kb' }),
    handle: (request, caller) => start(options, request, caller),
  });
  addAdminRoute(app, options, {
    method: 'get',
    path: '/admin/backups/:id',
    scope: read,
    handle: async (request) => ({ status: 200, body: await find(options, request) }),
  });
  addAdminRoute(app, options, {
    method: 'get',
    path: '/admin/backups/:id/progress',
    scope: read,
    handle: async (request) => {
      const { id } = await find(options, request);
      const watched = { read: () => readProgress(pool, id), isOver };
      return { status: 200, stream: (response) => progress.send(response, watched) };
    },
  });
  addAdminRoute(app, options, {
    method: 'post',
    path: '/admin/backups/:id/cancel',
    scope: write,
    handle: (request, caller) => cancel(options, request, caller),
  });
  addAdminRoute(app, options, {
    method: 'post',
    path: '/admin/backups/:id/prove',
    scope: write,
    handle: (request, caller) => prove(options, request, caller),
  });
}

const isOver = ({ state }: { state: string }) => !['queued', 'running'].includes(state);

async function start(options: AdminApiOptions, request: Request, caller: AdminCaller): Promise<AdminAnswer> {
  const { database: named } = parseBody(startSchema, request);
  const choice = chooseDatabase(await listTargets(options.pool), named);
  if (!choice.chosen)
    throw new AppError('invalid_request', choice.problem, { fields: { pointer: '/database' } });
  const id = await askForBackup(options, { database: choice.database, requestedBy: caller.subject });
  return { status: 202, body: await readProgress(options.pool, id) };
}

async function cancel(options: AdminApiOptions, request: Request, caller: AdminCaller): Promise<AdminAnswer> {
  const { id, database, state } = await find(options, request);
  if (!(await askToCancel(options, { id, database, by: caller.subject })))
    throw new AppError('backup_not_in_state', `the backup is over already (${state})`);
  return { status: 202, body: await readProgress(options.pool, id) };
}

async function prove(options: AdminApiOptions, request: Request, caller: AdminCaller): Promise<AdminAnswer> {
  const { id, manifest } = await find(options, request);
  if (!manifest) throw new AppError('backup_not_in_state', 'the run has made no backup');
  await askForProof(options, { id, requestedBy: caller.subject });
  return { status: 202, body: await readProof(options.pool, id) };
}

async function find({ pool }: AdminApiOptions, request: Request): Promise<ShownBackup> {
  const id = String(request.params['id']);
  if (!z.uuid().safeParse(id).success || !(await readRun(pool, id)))
    throw new AppError('not_found', 'there is no such backup');
  return showBackup(pool, id);
}

function queryOf(request: Request): { database?: string; limit: number } {
  const parsed = listQuerySchema.safeParse(request.query);
  if (!parsed.success)
    throw new AppError('invalid_request', 'the query may have `database`, and `limit` from 1 to 500');
  const { database, limit } = parsed.data;
  return { limit, ...(database === undefined ? {} : { database }) };
}
