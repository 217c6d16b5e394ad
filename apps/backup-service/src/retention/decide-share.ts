import type { RetentionDecision } from './plan-retention';

export type ShareDecision = { allowed: true } | { allowed: false; reason: string };

/**
 * A plan that would newly delete more than a share of all backups is not carried out before a person has seen it: a
 * policy typed wrongly looks exactly like this. What is marked already has passed.
 */
export function decideShare(
  decisions: readonly RetentionDecision[],
  options: { marked: ReadonlySet<string>; maxPercent: number; unlimited: boolean },
): ShareDecision {
  const fresh = decisions.filter(({ id, keep }) => !keep && !options.marked.has(id)).length;
  const percent = decisions.length === 0 ? 0 : (fresh / decisions.length) * 100;
  if (options.unlimited || percent <= options.maxPercent) return { allowed: true };
  const share = `${fresh} of ${decisions.length} backups`;
  return { allowed: false, reason: `it would delete ${share}, more than ${options.maxPercent} %` };
}
