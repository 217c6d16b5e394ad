import type { AuditTrail } from '@swfx/audit';
import type { Pool } from '@swfx/database';
import { AppError } from '@swfx/errors';
import type { Facts } from '@swfx/messaging';
import { addAdminRoute, parseBody, type AdminAnswer, type AdminCaller } from '@swfx/service';
import express, { type Express, type Request } from 'express';
import { z } from 'zod';
import { addUser } from '../auth/add-user';
import type { Authenticate } from '../auth/authenticate';
import type { BoundedWork } from '../auth/bounded-work';
import { changeUser, type UserChange } from '../auth/change-user';
import { emailMaxLength, emailSyntax } from '../auth/email-address';
import { passwordLength } from '../auth/password';
import { scopeSyntax, usersScope } from '../auth/roles';
import { listUsers } from '../auth/users';
import { listedUser } from '../operator/listed-user';

const words = z.array(z.string().max(100).regex(scopeSyntax)).max(50);
/** The body of `POST /admin/users`. */
export const newUserSchema = z.strictObject({
  email: z.string().max(emailMaxLength).regex(emailSyntax, { error: 'must be an e-mail address' }),
  password: z.string().min(passwordLength.minimum).max(passwordLength.maximum),
  scopes: words.default([]),
  roles: words.default([]),
});
/** The body of `PUT /admin/users/:id/rights`: what is not given stays as it is. */
export const rightsSchema = z
  .strictObject({ scopes: words.optional(), roles: words.optional() })
  .refine(({ scopes, roles }) => scopes !== undefined || roles !== undefined, {
    error: 'must have scopes, roles or both',
  });

export interface UserRouteOptions {
  pool: Pool;
  audit: AuditTrail;
  facts: Pick<Facts, 'publish'>;
  authenticate: Authenticate;
  /** Bounds the hashing of passwords, together with that of logins. */
  passwordChecks: BoundedWork;
}

/** Adds `/admin/users`: who may log in, and what they may do. */
export function addUserRoutes(app: Express, options: UserRouteOptions): void {
  const scope = usersScope;
  const before = express.json({ limit: '16kb' });
  addAdminRoute(app, options, {
    method: 'get',
    path: '/admin/users',
    scope,
    handle: async () => ({ status: 200, body: { users: (await listUsers(options.pool)).map(listedUser) } }),
  });
  addAdminRoute(app, options, {
    method: 'post',
    path: '/admin/users',
    scope,
    before,
    handle: (request, caller) => create(request, caller, options),
  });
  addAdminRoute(app, options, {
    method: 'put',
    path: '/admin/users/:id/rights',
    scope,
    before,
    handle: async (request, caller) =>
      change(request, caller, {
        ...options,
        change: { kind: 'rights', ...parseBody(rightsSchema, request) },
      }),
  });
  for (const kind of ['disable', 'enable'] as const)
    addAdminRoute(app, options, {
      method: 'post',
      path: `/admin/users/:id/${kind}`,
      scope,
      handle: (request, caller) => change(request, caller, { ...options, change: { kind } }),
    });
}

async function create(
  request: Request,
  caller: AdminCaller,
  options: UserRouteOptions,
): Promise<AdminAnswer> {
  const user = parseBody(newUserSchema, request);
  const addition = await options.passwordChecks.run(() =>
    addUser(options, { ...user, requestedBy: caller.subject }),
  );
  if (!addition.created) throw new AppError('user_exists', 'there is a user with this address already');
  const { id, email, scopes, roles } = addition;
  return { status: 201, body: { id, email, scopes, roles } };
}

async function change(
  request: Request,
  caller: AdminCaller,
  options: UserRouteOptions & { change: UserChange },
): Promise<AdminAnswer> {
  const user = { id: String(request.params['id']) };
  const result = await changeUser(options, {
    user,
    change: options.change,
    requestedBy: caller.subject,
    keepAdministrator: true,
  });
  if (result.outcome === 'no-such-user') throw new AppError('not_found', 'there is no such user');
  if (result.outcome === 'last-administrator')
    throw new AppError('last_administrator', 'nobody would be left who may change users');
  return { status: 200, body: listedUser(result.user) };
}
