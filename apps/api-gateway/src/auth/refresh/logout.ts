/**
 * Logging out: the session of a refresh token ends, and its access tokens are cut off, so that what was copied from
 * the client is of no use. Any token of the session will do, and an unknown one is not an error (RFC 7009 §2.2):
 * the client wants to be logged out, and is.
 */
import type { AuditTrail } from '@swfx/audit';
import { facts, type Facts } from '@swfx/messaging';
import { cutOff, sessionSubject } from '@swfx/signing-keys';
import { subjectOf } from '../users';
import { endFamily, findFamily } from './refresh-store';
import { hashRefreshToken, isRefreshToken } from './refresh-token';

export type Logout = (token: string) => Promise<void>;

export function createLogout(options: { audit: AuditTrail; facts: Pick<Facts, 'publish'> }): Logout {
  return async (token) => {
    if (!isRefreshToken(token)) return;
    const userId = await options.audit.transaction(async (client, note) => {
      const family = await findFamily(client, hashRefreshToken(token));
      if (!family || !(await endFamily(client, family.familyId, 'logout'))) return undefined;
      await cutOff(client, sessionSubject(family.familyId));
      const subject = subjectOf({ id: family.userId });
      await note({
        action: 'user_logged_out',
        outcome: 'success',
        actor: subject,
        subject,
        operationId: family.familyId,
        fields: { family_id: family.familyId },
      });
      return family.userId;
    });
    if (userId !== undefined) await options.facts.publish(facts.userChanged, { userId });
  };
}
