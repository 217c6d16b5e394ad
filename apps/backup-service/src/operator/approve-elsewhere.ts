import { printJson } from '@swfx/service';
import type { RestorePlan } from '../restore/plan-restore';
import type { ElsewhereResult } from '../restore/restore-elsewhere';
import { confirm } from './confirm';
import { describePlan } from './describe-restore';

/** How a restore in the operator's own process was asked for. */
export interface ElsewhereAsked {
  plan?: boolean;
  yes?: boolean;
  confirm?: string;
  json?: boolean;
}

/** The plan and the progress are for people who watch; the outcome alone is the command's output. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Shows the plan, and lets a person say whether they mean it. */
export async function approveElsewhere(
  plan: RestorePlan,
  asked: ElsewhereAsked,
  about: { environment: string; database: string },
): Promise<boolean> {
  if (!asked.json) say(describePlan(plan));
  if (asked.plan) return false;
  const confirmation = await confirm({ ...about, yes: asked.yes ?? false, typed: asked.confirm });
  if (!confirmation.confirmed) say(`Not done: ${confirmation.because}.`);
  return confirmation.confirmed;
}

/** Says how it ended: `sentence` when it was carried out. */
export function finishElsewhere(
  { plan, seconds }: ElsewhereResult,
  about: { asked: ElsewhereAsked; fields: object; sentence: string },
): void {
  const { asked, fields, sentence } = about;
  if (plan.decision === 'refuse' && !asked.json) say(describePlan(plan));
  if (asked.json) printJson({ ...fields, plan, restore_seconds: seconds ?? null });
  else process.stdout.write(seconds === undefined ? 'Nothing was done.\n' : `${sentence}\n`);
  if (seconds === undefined && !(asked.plan && plan.decision === 'go')) process.exitCode = 1;
}
