import { formatTable, type Columns } from '@swfx/service';
import type { RestorePlan } from '../restore/plan-restore';
import type { UndoPlan } from '../restore/plan-undo';
import type { RestoreReport } from './follow-restore';

const list = (title: string, lines: readonly string[]) =>
  lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)];

/** The plan of a restore for people: what to know, what stands against it, what will be done. */
export function describePlan(plan: RestorePlan): string {
  const obstacles = plan.obstacles.map(({ kind, sentence, acceptable }) =>
    acceptable ? `${sentence} (--accept ${kind})` : sentence,
  );
  return [
    ...list('Facts', plan.notes),
    ...list('Stands against it', obstacles),
    ...list(plan.decision === 'go' ? 'Will do' : 'Would do', plan.steps),
  ].join('\n');
}

/** The plan of an undo for people, with the writes that it loses. */
export function describeUndoPlan(plan: UndoPlan): string {
  const text = [...list('Facts', plan.notes), ...list('Stands against it', plan.obstacles)].join('\n');
  if (plan.writes.length === 0) return text;
  const writes = formatTable(plan.writes, {
    TABLE: ({ table }) => table,
    INSERTED: ({ inserted }) => inserted,
    UPDATED: ({ updated }) => updated,
    DELETED: ({ deleted }) => deleted,
  });
  return `${text}\nWrites that stay behind:\n${writes}`;
}

/** How a restore stands after a step, as a sentence for people. */
export function describeRestore(report: RestoreReport): string {
  const { id, database, state, live_name: live, error, reason } = report;
  if (error) return `Restore ${id} of ${database} failed (${reason}): ${error}.`;
  if (state === 'refused') return `Restore ${id} of ${database} is refused; nothing was done.`;
  if (state === 'cancelled') return `Restore ${id} of ${database} was cancelled; nothing of it is left.`;
  if (state === 'undone')
    return `Undone: ${live} is again what it was before restore ${id}; ${keeps(report)}.`;
  if (state === 'planned') return `Planned, and nothing was done.`;
  const seconds = report.restore_seconds?.toFixed(1);
  const fallback = report.read_from_copy === null ? '' : `; ${report.read_from_copy}`;
  const restored = `Restored ${live} in ${seconds} s${fallback}`;
  if (report.kept_name === null) return `${restored}.`;
  return `${restored}; ${keeps(report)}. Undo it with: npx swfx backup undo ${id.slice(0, 8)}`;
}

function keeps({ kept_name: kept, keep_until: until }: RestoreReport): string {
  return `${kept} is kept until ${until?.toISOString().slice(0, 16)}Z`;
}

/** The columns of `swfx backup restores`. */
export const restoreColumns: Columns<RestoreReport> = {
  ID: ({ id }) => id,
  BACKUP: ({ backup_id: backup }) => backup.slice(0, 8),
  DATABASE: ({ database }) => database,
  INTO: ({ into, live_name: live }) => into ?? live,
  ASKED: ({ requested_at: at }) => `${at.toISOString().slice(0, 19)}Z`,
  STATE: ({ state, asked }) => (asked ? `${state} (${asked})` : state),
  SECONDS: ({ restore_seconds: seconds }) => seconds?.toFixed(1),
  KEPT: ({ kept_name: kept }) => kept,
  WHY: ({ error }) => error,
};
