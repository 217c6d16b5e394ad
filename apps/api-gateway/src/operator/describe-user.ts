import type { UserAddition } from '../auth/add-user';
import type { UserChangeResult } from '../auth/change-user';

/** The outcome as text for people; a password that was made is told this once. */
export function describeAddition(
  { created, id, email }: UserAddition,
  generated: string | undefined,
): string {
  if (!created) return `There is a user ${email} already (${id}); nothing was changed.`;
  const added = `Added ${email} (${id}).`;
  return generated === undefined
    ? added
    : `${added}\nPassword: ${generated}\nIt is not stored in clear, and not shown again.`;
}

/** What came of a change, as text for people. `done` is what happened, such as `disabled`. */
export function describeChange(result: UserChangeResult, done: string): string {
  switch (result.outcome) {
    case 'no-such-user':
      return 'There is no such user; nothing was changed.';
    case 'last-administrator':
      return 'Nobody would be left who may change users; nothing was changed.';
    case 'unchanged':
      return `${result.user.email} was ${done} already; nothing was changed.`;
    case 'changed': {
      const { user, sessionsEnded } = result;
      const sessions = sessionsEnded === 1 ? '1 session' : `${sessionsEnded} sessions`;
      return `${user.email} is ${done}; ${sessions} ended. Gateways know within seconds.`;
    }
  }
}
