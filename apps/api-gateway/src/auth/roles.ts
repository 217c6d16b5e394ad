/** With it one may change users, and so give oneself and others every other scope. */
export const usersScope = 'admin:users';

/** What a role brings beyond the scopes that a user is given by name. Any other role is only a name for people. */
const scopesOfRole: Readonly<Record<string, readonly string[]>> = {
  admin: [usersScope],
};

/** RFC 6749 §3.3: what a scope may be made of; roles are written in the same way. */
export const scopeSyntax = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Everything that a user may do: their own scopes, and those of their roles, each once. */
export function effectiveScopes(user: { roles: readonly string[]; scopes: readonly string[] }): string[] {
  const ofRoles = user.roles.flatMap((role) => (Object.hasOwn(scopesOfRole, role) ? scopesOfRole[role] : []));
  return [...new Set([...user.scopes, ...ofRoles.filter((scope) => scope !== undefined)])];
}

/** The roles that bring a scope. */
export function rolesThatBring(scope: string): string[] {
  return Object.keys(scopesOfRole).filter((role) => scopesOfRole[role]?.includes(scope));
}

/** Whether somebody can log in and change users. */
export function administersUsers(user: {
  roles: readonly string[];
  scopes: readonly string[];
  disabled: boolean;
}): boolean {
  return !user.disabled && effectiveScopes(user).includes(usersScope);
}
