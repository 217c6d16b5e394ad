/**
 * Logging in: an e-mail address and a password become an access token. Every refusal looks the same and costs the
 * same, whether the account exists or not; what was wrong is in the audit trail, under the user's pseudonym. A
 * token is handed out only once the record of it is committed.
 */
import { randomUUID } from 'node:crypto';
import type { AuditTrail, loginFailureReasons } from '@swfx/audit';
import type { Queryable } from '@swfx/database';
import { AppError, errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import { createBoundedWork } from './bounded-work';
import { mintAccessToken, type IssuedToken, type MintPolicy } from './mint-token';
import { verifyPassword } from './password';
import { findUserByEmail, subjectOf, type User } from './users';

export interface Credentials {
  email: string;
  password: string;
}

/** Throws `invalid_credentials`, `overloaded`, or `keys_unavailable`. */
export type Login = (credentials: Credentials) => Promise<IssuedToken>;

type LoginFailureReason = (typeof loginFailureReasons)[number];
export type LoginDecision =
  { outcome: 'accepted'; user: User } | { outcome: 'refused'; reason: LoginFailureReason };

/** Two at once leave Node's other background threads free; the rest wait for about a second at most. */
const passwordChecks = { atOnce: 2, waiting: 32 };

export function createLogin(options: {
  db: Queryable;
  audit: AuditTrail;
  policy: MintPolicy;
  logger: Logger;
}): Login {
  const { db, audit, policy, logger } = options;
  const checks = createBoundedWork(passwordChecks);

  return async ({ email, password }) => {
    const user = await findUserByEmail(db, email);
    const fits = await checks.run(() => verifyPassword(user?.passwordHash, password));
    const decision = decideLogin(user, fits);
    if (decision.outcome === 'refused') {
      await recordFailure(audit, user, decision.reason);
      throw new AppError('invalid_credentials', 'the e-mail address or the password is wrong');
    }
    return issue(decision.user).catch((error: unknown) => {
      if (error instanceof AppError && error.cause)
        logger.error('A token could not be signed', { error: errorMessage(error.cause) });
      throw error;
    });
  };

  function issue(user: User): Promise<IssuedToken> {
    const subject = subjectOf(user);
    return audit.transaction(async (client, note) => {
      const token = await mintAccessToken(client, user, policy);
      await note({
        action: 'user_login_success',
        outcome: 'success',
        actor: subject,
        subject,
        operationId: randomUUID(),
        fields: {},
      });
      return token;
    });
  }
}

/** A disabled user learns that they are only by the right password, and then not from the answer. */
export function decideLogin(user: User | undefined, passwordFits: boolean): LoginDecision {
  if (!user) return { outcome: 'refused', reason: 'unknown_user' };
  if (!passwordFits) return { outcome: 'refused', reason: 'wrong_password' };
  if (user.disabled) return { outcome: 'refused', reason: 'disabled' };
  return { outcome: 'accepted', user };
}

const sentences: Record<LoginFailureReason, string> = {
  unknown_user: 'there is no such user',
  wrong_password: 'the password is wrong',
  disabled: 'the user is disabled',
};

async function recordFailure(
  audit: AuditTrail,
  user: User | undefined,
  reason: LoginFailureReason,
): Promise<void> {
  await audit.record({
    action: 'user_login_failed',
    outcome: 'failure',
    actor: null,
    subject: user ? subjectOf(user) : null,
    operationId: randomUUID(),
    fields: { reason, error: sentences[reason] },
  });
}
