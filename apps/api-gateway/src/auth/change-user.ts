/**
 * Changing a user, by an operator or an administrator: one transaction that holds the user's row, so that no token is
 * made meanwhile from what they were. Whoever loses something by it is cut off: their sessions end where they may no
 * longer come back as they are, and every gateway refuses the access tokens that they have. The record of it is part
 * of the same transaction.
 */
import { randomUUID } from 'node:crypto';
import type { AuditEvent, AuditTrail } from '@swfx/audit';
import type { PoolClient } from '@swfx/database';
import { facts, type Facts } from '@swfx/messaging';
import { cutOff } from '@swfx/signing-keys';
import { leavesNoAdministrator } from './last-administrator';
import { endFamiliesOf, type FamilyEnd } from './refresh/refresh-store';
import {
  lockUserForChange,
  setDisabled,
  setPasswordHash,
  setRights,
  subjectOf,
  type UserSummary,
} from './users';

export type UserChange =
  | { kind: 'disable' }
  | { kind: 'enable' }
  /** What is not given stays as it is. */
  | { kind: 'rights'; roles?: string[] | undefined; scopes?: string[] | undefined }
  | { kind: 'password'; passwordHash: string };

export type UserChangeResult =
  | { outcome: 'changed'; user: UserSummary; sessionsEnded: number }
  /** They were like that already. */
  | { outcome: 'unchanged'; user: UserSummary }
  /** Nobody would be left who may change users. */
  | { outcome: 'last-administrator' }
  | { outcome: 'no-such-user' };

export interface ChangeUserPorts {
  audit: AuditTrail;
  facts: Pick<Facts, 'publish'>;
}

export interface UserChangeRequest {
  user: { email: string } | { id: string };
  change: UserChange;
  /** A pseudonymous id. */
  requestedBy: string;
  /** Refuses to take the last administrator away: for whoever could not make a new one. */
  keepAdministrator?: boolean;
}

/** Changes the user with that address or id. */
export async function changeUser(
  { audit, facts: speaker }: ChangeUserPorts,
  request: UserChangeRequest,
): Promise<UserChangeResult> {
  const result = await audit.transaction(async (client, note): Promise<UserChangeResult> => {
    const before = await lockUserForChange(client, request.user);
    if (!before) return { outcome: 'no-such-user' };
    if (!isChange(before, request.change)) return { outcome: 'unchanged', user: before };
    const after = changed(before, request.change);
    if (request.keepAdministrator && (await leavesNoAdministrator(client, { before, after })))
      return { outcome: 'last-administrator' };
    const { sessionsEnded, event } = await apply(client, before, request.change);
    const subject = subjectOf(after);
    await note({
      ...event,
      outcome: 'success',
      actor: request.requestedBy,
      subject,
      operationId: randomUUID(),
    });
    return { outcome: 'changed', user: after, sessionsEnded };
  });
  if (result.outcome === 'changed') await speaker.publish(facts.userChanged, { userId: result.user.id });
  return result;
}

function isChange(user: UserSummary, change: UserChange): boolean {
  switch (change.kind) {
    case 'disable':
      return !user.disabled;
    case 'enable':
      return user.disabled;
    case 'rights':
      return (
        !sameWords(change.roles ?? user.roles, user.roles) ||
        !sameWords(change.scopes ?? user.scopes, user.scopes)
      );
    case 'password':
      return true;
  }
}

/** The user as the change leaves them. */
function changed(user: UserSummary, change: UserChange): UserSummary {
  switch (change.kind) {
    case 'disable':
      return { ...user, disabled: true };
    case 'enable':
      return { ...user, disabled: false };
    case 'rights':
      return { ...user, roles: change.roles ?? user.roles, scopes: change.scopes ?? user.scopes };
    case 'password':
      return user;
  }
}

type ChangeAction = 'user_disabled' | 'user_enabled' | 'user_rights_changed' | 'user_password_changed';
type ChangeEvent = {
  [Action in ChangeAction]: Pick<Extract<AuditEvent, { action: Action }>, 'action' | 'fields'>;
}[ChangeAction];

interface Applied {
  sessionsEnded: number;
  event: ChangeEvent;
}

async function apply(client: PoolClient, user: UserSummary, change: UserChange): Promise<Applied> {
  switch (change.kind) {
    case 'disable':
      return disable(client, user);
    case 'enable':
      return enable(client, user);
    case 'rights':
      return giveRights(client, user, change);
    case 'password':
      return givePassword(client, user, change.passwordHash);
  }
}

async function disable(client: PoolClient, user: UserSummary): Promise<Applied> {
  await setDisabled(client, user.id, true);
  const sessionsEnded = await shutOut(client, user, 'user_disabled');
  const event = { action: 'user_disabled', fields: { sessions_ended: sessionsEnded } } as const;
  return { sessionsEnded, event };
}

async function enable(client: PoolClient, user: UserSummary): Promise<Applied> {
  await setDisabled(client, user.id, false);
  const event = { action: 'user_enabled', fields: {} } as const;
  return { sessionsEnded: 0, event };
}

/** Sessions go on: the next refresh makes a token of the new rights. */
async function giveRights(
  client: PoolClient,
  user: UserSummary,
  { roles = user.roles, scopes = user.scopes }: Extract<UserChange, { kind: 'rights' }>,
): Promise<Applied> {
  await setRights(client, user.id, { roles, scopes });
  await cutOff(client, subjectOf(user));
  const fields = { roles, scopes, previous_roles: user.roles, previous_scopes: user.scopes };
  const event = { action: 'user_rights_changed', fields } as const;
  return { sessionsEnded: 0, event };
}

async function givePassword(client: PoolClient, user: UserSummary, passwordHash: string): Promise<Applied> {
  await setPasswordHash(client, user.id, passwordHash);
  const sessionsEnded = await shutOut(client, user, 'password_changed');
  const event = { action: 'user_password_changed', fields: { sessions_ended: sessionsEnded } } as const;
  return { sessionsEnded, event };
}

/** Ends the sessions of a user and refuses their tokens; returns how many sessions there were. */
async function shutOut(client: PoolClient, user: UserSummary, reason: FamilyEnd): Promise<number> {
  const ended = await endFamiliesOf(client, user.id, reason);
  await cutOff(client, subjectOf(user));
  return ended;
}

function sameWords(left: readonly string[], right: readonly string[]): boolean {
  const [ours, theirs, all] = [new Set(left), new Set(right), new Set([...left, ...right])];
  return all.size === ours.size && all.size === theirs.size;
}
