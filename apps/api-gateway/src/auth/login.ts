/**
 * Logging in: an e-mail address and a password become an access token, and a refresh token that begins a session.
 * Every refusal looks the same and costs the same, whether the account exists or not; what was wrong is in the audit
 * trail, under the user's pseudonym. A token is handed out only once the record of it is committed, to a user who is
 * still the one whose password was checked.
 */
import { randomUUID } from 'node:crypto';
import type { AuditTrail, loginFailureReasons, NoteAudit } from '@swfx/audit';
import type { Pool, PoolClient } from '@swfx/database';
import { AppError, errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import type { BoundedWork } from './bounded-work';
import { mintAccessToken, type IssuedTokens, type MintPolicy } from './mint-token';
import { hashPassword, isOutdated, verifyPassword } from './password';
import { insertFamily, type RefreshTtls } from './refresh/refresh-store';
import { createRefreshToken, hashRefreshToken } from './refresh/refresh-token';
import type { SuspicionWatch } from './suspicion/suspicion-watch';
import { accountId, type Admission, type LoginGuard } from './throttle/login-guard';
import { findUserByEmail, lockUserForToken, renewPasswordHash, subjectOf, type User } from './users';

export interface Credentials {
  email: string;
  password: string;
}

/** Logs in from an address; throws `invalid_credentials`, `too_many_attempts`, `overloaded`, or `keys_unavailable`. */
export type Login = (credentials: Credentials, source: string) => Promise<IssuedTokens>;

type LoginFailureReason = (typeof loginFailureReasons)[number];
export type LoginDecision =
  { outcome: 'accepted'; user: User } | { outcome: 'refused'; reason: LoginFailureReason; user?: User };
type LoginOutcome =
  { outcome: 'accepted'; tokens: IssuedTokens } | Extract<LoginDecision, { outcome: 'refused' }>;

export interface LoginOptions {
  db: Pool;
  audit: AuditTrail;
  mint: MintPolicy;
  ttls: RefreshTtls;
  passwordChecks: BoundedWork;
  guard: LoginGuard;
  suspicion: SuspicionWatch;
  logger: Logger;
}

export function createLogin(options: LoginOptions): Login {
  const { guard, suspicion, audit, logger } = options;

  return async (credentials, source) => {
    const admission = await guard.admit(credentials.email, source);
    const result = await attemptLogin(credentials, options).catch(async (error: unknown) => {
      await admission.undecided();
      if (error instanceof AppError && error.cause)
        logger.error('A token could not be signed', { error: errorMessage(error.cause) });
      throw error;
    });
    if (result.outcome === 'accepted') {
      await admission.succeeded();
      return result.tokens;
    }
    suspicion.note('credential_stuffing', source, accountId(credentials.email));
    await recordFailure(audit, admission, result);
    throw new AppError('invalid_credentials', 'the e-mail address or the password is wrong');
  };
}

async function attemptLogin({ email, password }: Credentials, options: LoginOptions): Promise<LoginOutcome> {
  const user = await findUserByEmail(options.db, email);
  const fits = await options.passwordChecks.run(() => verifyPassword(user?.passwordHash, password));
  const decision = decideLogin(user, fits);
  if (decision.outcome === 'refused') return decision;
  const checked = { user: decision.user, password };
  const outcome = await options.audit.transaction((client, note) => issue(client, note, checked, options));
  if (outcome.outcome === 'accepted' && isOutdated(checked.user.passwordHash))
    await renewHash(checked, options);
  return outcome;
}

/** A user whose password fitted. */
interface Checked {
  user: User;
  password: string;
}

/** Nobody who has logged in is refused because this was not possible; the next login will do. */
async function renewHash({ user, password }: Checked, options: LoginOptions): Promise<void> {
  try {
    const renewed = await options.passwordChecks.run(() => hashPassword(password));
    await renewPasswordHash(options.db, user, renewed);
  } catch (error) {
    options.logger.info('A password was not hashed anew', { error: errorMessage(error) });
  }
}

/** Decides again under the lock of the user's row: they may have been disabled while the password was checked. */
async function issue(
  client: PoolClient,
  note: NoteAudit,
  { user: checked, password }: Checked,
  { mint, ttls }: LoginOptions,
): Promise<LoginOutcome> {
  const current = await lockUserForToken(client, checked.id);
  // Another hash is another password as a rule, and sometimes the same one hashed anew.
  const fits =
    current?.passwordHash === checked.passwordHash || (await verifyPassword(current?.passwordHash, password));
  const decision = decideLogin(current, fits);
  if (decision.outcome === 'refused') return decision;
  const { user } = decision;
  const refreshToken = createRefreshToken();
  const sessionId = await insertFamily(client, {
    userId: user.id,
    tokenHash: hashRefreshToken(refreshToken),
    ...ttls,
  });
  const access = await mintAccessToken(client, { user, sessionId }, mint);
  const subject = subjectOf(user);
  await note({
    action: 'user_login_success',
    outcome: 'success',
    actor: subject,
    subject,
    operationId: randomUUID(),
    fields: {},
  });
  return { outcome: 'accepted', tokens: { ...access, refresh_token: refreshToken } };
}

/** A disabled user learns that they are only by the right password, and then not from the answer. */
export function decideLogin(user: User | undefined, passwordFits: boolean): LoginDecision {
  if (!user) return { outcome: 'refused', reason: 'unknown_user' };
  if (!passwordFits) return { outcome: 'refused', reason: 'wrong_password', user };
  if (user.disabled) return { outcome: 'refused', reason: 'disabled', user };
  return { outcome: 'accepted', user };
}

const sentences: Record<LoginFailureReason, string> = {
  unknown_user: 'there is no such user',
  wrong_password: 'the password is wrong',
  disabled: 'the user is disabled',
};

async function recordFailure(
  audit: AuditTrail,
  admission: Admission,
  { reason, user }: Extract<LoginDecision, { outcome: 'refused' }>,
): Promise<void> {
  const subject = user ? subjectOf(user) : null;
  await audit.record({
    action: 'user_login_failed',
    outcome: 'failure',
    actor: null,
    subject,
    operationId: randomUUID(),
    fields: { reason, error: sentences[reason] },
  });
  await admission.failed(subject);
}
