import { randomUUID } from 'node:crypto';
import { AppError } from '@swfx/errors';
import type { Foundation } from '@swfx/service';
import { hashPassword } from './password';
import { findUserByEmail, insertUser, normaliseEmail, subjectOf } from './users';

/** What came of adding a user; `swfx users add --json` prints it. */
export interface UserAddition {
  /** False when there was such a user already; then the rest describes that one, who is left as they are. */
  created: boolean;
  id: string;
  email: string;
  scopes: string[];
  roles: string[];
}

export interface NewUser {
  email: string;
  password: string;
  scopes: string[];
  roles: string[];
  requestedBy: string;
}

/** Adds a user, audited in the same transaction. */
export async function addUser(
  { audit, pool }: Pick<Foundation, 'audit' | 'pool'>,
  { email, password, scopes, roles, requestedBy }: NewUser,
): Promise<UserAddition> {
  const user = { id: randomUUID(), email: normaliseEmail(email), scopes, roles };
  const passwordHash = await hashPassword(password);
  const created = await audit.transaction(async (client, note) => {
    if (!(await insertUser(client, { ...user, passwordHash }))) return false;
    await note({
      action: 'user_created',
      outcome: 'success',
      actor: requestedBy,
      subject: subjectOf(user),
      operationId: user.id,
      fields: { roles, scopes },
    });
    return true;
  });
  if (created) return { created, ...user };
  const existing = await findUserByEmail(pool, email);
  if (!existing) throw new AppError('not_found', `the user ${user.email} was there, and is gone`);
  return {
    created,
    id: existing.id,
    email: existing.email,
    scopes: existing.scopes,
    roles: existing.roles,
  };
}
