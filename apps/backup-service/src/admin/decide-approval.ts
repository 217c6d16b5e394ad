import { createHash, timingSafeEqual } from 'node:crypto';

/** What the row of a restore says of the approval that it waits for. */
export interface AwaitedApproval {
  /** SHA-256 of the code that was shown with the plan; null where there is nothing to approve. */
  hash: Buffer | null;
  /** Who was shown it. */
  for: string | null;
  step: 'restore' | 'undo' | null;
  /** Whether its time is over. */
  expired: boolean;
  /** The database that is changed, as its server calls it. */
  liveName: string | null;
}

export type Approval =
  | { approved: true; step: 'restore' | 'undo' }
  | { approved: false; reason: ApprovalProblem; sentence: string };

export type ApprovalProblem =
  'nothing_to_approve' | 'wrong_code' | 'other_person' | 'expired' | 'name_needed';

/** Who says that they mean it: with the code, and in production with the database's name. */
export interface ApprovalAttempt {
  code: string;
  actor: string;
  typedName: string | null | undefined;
  production: boolean;
}

const no = (reason: ApprovalProblem, sentence: string): Approval => ({ approved: false, reason, sentence });

/** Whether a step of a restore was approved by the person who was shown its plan, in time, and on purpose. */
export function decideApproval(awaited: AwaitedApproval, attempt: ApprovalAttempt): Approval {
  const { hash, step, liveName } = awaited;
  if (!hash || !step) return no('nothing_to_approve', 'no plan of it waits for an approval');
  if (!timingSafeEqual(hash, hashOfCode(attempt.code)))
    return no('wrong_code', 'the code is not the one that was shown with the plan');
  if (awaited.for !== attempt.actor) return no('other_person', 'somebody else was shown the plan');
  if (awaited.expired) return no('expired', 'the plan is too old');
  if (attempt.production && attempt.typedName !== liveName)
    return no('name_needed', 'in production the name of the database has to be given as `database`');
  return { approved: true, step };
}

/** What is kept of a code: whoever reads the table can approve nothing with it. */
export function hashOfCode(code: string): Buffer {
  return createHash('sha256').update(code).digest();
}
