/**
 * `/admin/restores`, in two steps. A plan is made and shown, with a code that is good once, for some minutes, and for the
 * person who was shown it; a second request with that code carries out this plan and no other. What has changed
 * meanwhile, so that something else would be done, makes the code good for nothing.
 */
import { AppError } from '@swfx/errors';
import { addAdminRoute, parseBody, type AdminAnswer, type AdminCaller } from '@swfx/service';
import express, { type Express, type Request } from 'express';
import { z } from 'zod';
import { findBackup } from '../catalogue/backups';
import { askForRestore, askForRestoreStep } from '../operator/ask-for-restore';
import { askToCancelRestore } from '../operator/ask-to-cancel';
import { describeTooLate } from '../operator/describe-too-late';
import { followRestore, listRestores, readRestore, type RestoreReport } from '../operator/follow-restore';
import { acceptable } from '../restore/find-obstacles';
import type { AdminApiOptions } from './admin-api';
import { offerApproval } from './approvals';
import { approve } from './approve';
import { withRate, type RatedRestore } from './rate-restore';
import { scopes } from './scopes';
import { withoutNul } from './without-nul';

/** The body of `POST /admin/restores`. */
export const planSchema = z.strictObject({
  backup_id: z.uuid(),
  /** A new database of this name, on the server of the target, instead of the target's place. */
  into: withoutNul(z.string().min(1).max(63)).optional(),
  accept: z.array(z.enum(acceptable)).default([]),
});
/** The body of `POST /admin/restores/:id/approve`. */
export const approvalSchema = z.strictObject({
  code: z.string().min(1).max(100),
  /** The database's name, typed: in production. */
  database: z.string().max(63).nullish(),
});

/** Adds the routes. */
export function addRestoreRoutes(app: Express, options: AdminApiOptions): void {
  const { pool, progress } = options;
  const { read, restore } = scopes;
  const before = express.json({ limit: '4kb' });
  addAdminRoute(app, options, {
    method: 'get',
    path: '/admin/restores',
    scope: read,
    handle: async () => ({ status: 200, body: { restores: (await listRestores(pool, 50)).map(withRate) } }),
  });
  addAdminRoute(app, options, {
    method: 'post',
    path: '/admin/restores',
    scope: restore,
    before,
    handle: (request, caller) => plan(options, request, caller),
  });
  addAdminRoute(app, options, {
    method: 'get',
    path: '/admin/restores/:id',
    scope: read,
    handle: async (request) => ({ status: 200, body: await find(options, request) }),
  });
  addAdminRoute(app, options, {
    method: 'get',
    path: '/admin/restores/:id/progress',
    scope: read,
    handle: async (request) => {
      const { id } = await find(options, request);
      const watched = { read: () => readRated(pool, id), isOver: isIdle };
      return { status: 200, stream: (response) => progress.send(response, watched) };
    },
  });
  addAdminRoute(app, options, {
    method: 'post',
    path: '/admin/restores/:id/approve',
    scope: restore,
    before,
    handle: async (request, caller) => {
      const { id } = await find(options, request);
      await approve(options, id, { ...parseBody(approvalSchema, request), actor: caller.subject });
      return { status: 202, body: await find(options, request) };
    },
  });
  addAdminRoute(app, options, {
    method: 'post',
    path: '/admin/restores/:id/undo',
    scope: restore,
    handle: (request, caller) => planUndo(options, request, caller),
  });
  addAdminRoute(app, options, {
    method: 'post',
    path: '/admin/restores/:id/cancel',
    scope: restore,
    handle: (request, caller) => cancel(options, request, caller),
  });
}

const isIdle = ({ asked }: { asked: string | null }) => asked === null;

async function plan(options: AdminApiOptions, request: Request, caller: AdminCaller): Promise<AdminAnswer> {
  const { backup_id: backupId, into, accept: accepted } = parseBody(planSchema, request);
  const backup = await findBackup(options.pool, backupId);
  if (!backup) throw new AppError('not_found', 'there is no such backup');
  const id = await askForRestore(options, {
    backupId,
    database: backup.database,
    accepted,
    requestedBy: caller.subject,
    ...(into === undefined ? {} : { into }),
  });
  const planned = await outcomeOf(options, id);
  if (planned.state !== 'planned')
    throw new AppError('restore_refused', planned.error ?? 'something stands against it', {
      fields: { restore_id: id, plan: planned.plan },
    });
  return offer(options, planned, { step: 'restore', caller });
}

async function planUndo(
  options: AdminApiOptions,
  request: Request,
  caller: AdminCaller,
): Promise<AdminAnswer> {
  const { id, state } = await find(options, request);
  if (!(await askForRestoreStep(options, { id, step: 'plan_undo', by: caller.subject })))
    throw new AppError('backup_not_in_state', `there is nothing to undo, or it is busy (${state})`);
  const planned = await outcomeOf(options, id);
  if (planned.error !== null || planned.undo_plan?.decision !== 'go')
    throw new AppError('restore_refused', planned.error ?? 'something stands against it', {
      fields: { restore_id: id, undo_plan: planned.undo_plan },
    });
  return offer(options, planned, { step: 'undo', caller });
}

async function cancel(options: AdminApiOptions, request: Request, caller: AdminCaller): Promise<AdminAnswer> {
  const found = await find(options, request);
  if (!(await askToCancelRestore(options, found, caller.subject)))
    throw new AppError('backup_not_in_state', describeTooLate(await find(options, request)));
  return { status: 202, body: await find(options, request) };
}

async function offer(
  { pool, approvalSeconds, production }: AdminApiOptions,
  planned: RestoreReport,
  { step, caller }: { step: 'restore' | 'undo'; caller: AdminCaller },
): Promise<AdminAnswer> {
  const offered = await offerApproval(pool, planned.id, {
    step,
    to: caller.subject,
    seconds: approvalSeconds,
  });
  if (!offered)
    throw new AppError('backup_not_in_state', 'somebody else has asked something of it meanwhile');
  return {
    status: 201,
    body: {
      restore: withRate(planned),
      approval: {
        step,
        code: offered.code,
        expires_at: offered.expiresAt,
        database: production ? planned.live_name : null,
      },
    },
  };
}

/** Waits for the step that was asked; a plan takes as long as its server takes to answer. */
async function outcomeOf({ pool }: AdminApiOptions, id: string): Promise<RestoreReport> {
  try {
    return await followRestore(pool, id, () => undefined);
  } catch (cause) {
    throw new AppError('overloaded', 'no service has taken it up yet', { cause, retryAfterSeconds: 10 });
  }
}

async function find({ pool }: AdminApiOptions, request: Request): Promise<RatedRestore> {
  const id = String(request.params['id']);
  const found = z.uuid().safeParse(id).success ? await readRated(pool, id) : undefined;
  if (!found) throw new AppError('not_found', 'there is no such restore');
  return found;
}

async function readRated(pool: AdminApiOptions['pool'], id: string): Promise<RatedRestore | undefined> {
  const found = await readRestore(pool, id);
  if (!found) return undefined;
  const { taken: _taken, ...report } = found;
  return withRate(report);
}
