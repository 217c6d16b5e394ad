import type { Columns } from '@swfx/service';
import type { UserSummary } from '../auth/users';

/** A user as `swfx users list --json` prints them. */
export interface ListedUser {
  id: string;
  email: string;
  scopes: string[];
  roles: string[];
  disabled: boolean;
  created_at: Date;
}

export function listedUser({ id, email, scopes, roles, disabled, createdAt }: UserSummary): ListedUser {
  return { id, email, scopes, roles, disabled, created_at: createdAt };
}

/** The columns of `swfx users list`. */
export const userColumns: Columns<ListedUser> = {
  EMAIL: ({ email }) => email,
  ID: ({ id }) => id,
  SCOPES: ({ scopes }) => scopes.join(' ') || null,
  ROLES: ({ roles }) => roles.join(' ') || null,
  STATE: ({ disabled }) => (disabled ? 'disabled' : 'active'),
  CREATED: ({ created_at }) => `${created_at.toISOString().slice(0, 19)}Z`,
};
