import type { RestoreReport } from './follow-restore';

/** Why a restore cannot be cancelled any more, and what can be done instead. */
export function describeTooLate({ id, database, state, asked, into }: RestoreReport): string {
  const instead =
    into === null
      ? `npx swfx backup undo ${id} gives the old database back`
      : `the database ${into} can be dropped by whoever owns it`;
  if (asked === 'restore' || asked === 'undo')
    return `the swap of restore ${id} of ${database} has begun and is not cancelled; once it is over, ${instead}`;
  return `the restore ${id} of ${database} is over already (${state})${state === 'restored' ? `; ${instead}` : ''}`;
}
