/**
 * Who may try to log in. Failures are counted for the account that is tried and for the address that tries, for
 * accounts that do not exist as for those that do: the answer to whoever has to wait tells how long, and nothing else.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { AuditTrail } from '@swfx/audit';
import { AppError } from '@swfx/errors';
import type { Metrics } from '@swfx/metrics';
import { normaliseEmail } from '../users';
import type { Throttle, ThrottleRule } from './throttle';

export interface LoginGuardRules {
  account: ThrottleRule;
  address: ThrottleRule;
}

/** An attempt that was let in. It is told what became of it; until then it counts as failed. */
export interface Admission {
  succeeded(): Promise<void>;
  /** `subject`: the user's pseudonym, where there is one. */
  failed(subject: string | null): Promise<void>;
  /** It could not be decided, for no fault of the caller. */
  undecided(): Promise<void>;
}

export interface LoginGuard {
  /** Lets an attempt in, or throws `too_many_attempts`. `source` is an address as `sourceOf` writes it. */
  admit(email: string, source: string): Promise<Admission>;
}

type Scope = keyof LoginGuardRules;

export function createLoginGuard(options: {
  throttle: Throttle;
  rules: LoginGuardRules;
  audit: Pick<AuditTrail, 'record'>;
  metrics: Metrics;
}): LoginGuard {
  const { throttle, rules, audit, metrics } = options;

  async function reportLock(
    scope: Scope,
    lockMs: number,
    who: { subject: string | null; source: string },
  ): Promise<void> {
    if (lockMs === 0) return;
    metrics.increment('login_lockouts_total', { scope });
    await audit.record({
      action: 'login_locked_out',
      outcome: 'denied',
      actor: null,
      subject: scope === 'account' ? who.subject : null,
      operationId: randomUUID(),
      fields: { scope, source: who.source, locked_seconds: Math.ceil(lockMs / 1000) },
    });
  }
  return {
    async admit(email, source) {
      const keys = { account: `account:${accountId(email)}`, address: `address:${source}` };
      // The address first: one that has to wait cannot go on locking accounts.
      const address = await throttle.attempt(keys.address, rules.address);
      if (address.outcome === 'locked') throw tooManyAttempts(address.waitMs);
      const account = await throttle.attempt(keys.account, rules.account);
      if (account.outcome === 'locked') {
        // A try at an account that is locked is one of the address's like any other.
        await reportLock('address', address.lockMs, { subject: null, source });
        throw tooManyAttempts(account.waitMs);
      }
      return {
        async succeeded() {
          await Promise.all([
            throttle.forget(keys.account),
            throttle.refund(keys.address, rules.address, address),
          ]);
        },
        async failed(subject) {
          await reportLock('account', account.lockMs, { subject, source });
          await reportLock('address', address.lockMs, { subject, source });
        },
        async undecided() {
          await Promise.all([
            throttle.refund(keys.account, rules.account, account),
            throttle.refund(keys.address, rules.address, address),
          ]);
        },
      };
    },
  };
}

/** An account's name in Redis and in memory: its address need not stand there. */
export function accountId(email: string): string {
  return createHash('sha256').update(normaliseEmail(email)).digest('base64url').slice(0, 22);
}

function tooManyAttempts(waitMs: number): AppError {
  return new AppError('too_many_attempts', 'there were too many attempts; wait before the next', {
    retryAfterSeconds: Math.ceil(waitMs / 1000),
  });
}
