import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '@swfx/config';
import type { Queryable } from '@swfx/database';
import { operatorName, type Foundation } from '@swfx/service';
import type { Command } from 'commander';
import { askToCancel, askToCancelRestore } from './ask-to-cancel';
import { describeTooLate } from './describe-too-late';
import { readRestore } from './follow-restore';
import { readRun } from './follow-run';
import { withFoundation } from './with-foundation';

const pollMs = 200;
const patienceMs = 60_000;

/** Adds `swfx backup cancel`. */
export function addCancelCommand(backup: Command, environment: Environment): void {
  backup
    .command('cancel')
    .description('Ends a backup or a restore that waits or is under way; nothing of it is left')
    .argument('<id>', 'its id, or as much of the beginning as is unique')
    .action(async (id: string) => {
      const sentence = await withFoundation(environment, (foundation) => cancel(foundation, id));
      process.stdout.write(`${sentence}\n`);
    });
}

async function cancel(foundation: Foundation, named: string): Promise<string> {
  const { id, kind } = await findNamed(foundation.pool, named);
  return kind === 'restore' ? cancelRestore(foundation, id) : cancelBackup(foundation, id);
}

/** The one backup or restore whose id begins so. */
async function findNamed(db: Queryable, named: string): Promise<{ id: string; kind: 'backup' | 'restore' }> {
  const { rows } = await db.query<{ id: string; kind: 'backup' | 'restore' }>(
    `SELECT id, 'backup' AS kind FROM backup_run WHERE starts_with(id::text, lower($1))
     UNION ALL SELECT id, 'restore' FROM db_restore WHERE starts_with(id::text, lower($1)) LIMIT 2`,
    [named],
  );
  const [found, another] = rows;
  if (!found)
    throw new Error(
      `There is no backup or restore ${named}: npx swfx backup list and npx swfx backup restores show those there are.`,
    );
  if (another) throw new Error(`More than one backup or restore begins with ${named}: give more of its id.`);
  return found;
}

async function cancelBackup(foundation: Foundation, id: string): Promise<string> {
  const run = await readRun(foundation.pool, id);
  if (!run) throw new Error(`The backup ${id} is gone.`);
  const { database, state } = run;
  if (!(await askToCancel(foundation, { id, database, by: operatorName() })))
    throw new Error(`The backup ${id} of ${database} is over already (${state}).`);
  const end = await waitForEnd(async () => {
    const now = await readRun(foundation.pool, id);
    return now && !['queued', 'running'].includes(now.state) && now.state;
  });
  if (end === 'succeeded') return `Too late: the backup ${id} of ${database} had just been made.`;
  if (end === 'cancelled') return `Cancelled: nothing of the backup ${id} of ${database} is left.`;
  throw new Error(`The backup ${id} is to be cancelled, and nothing does it: is backup-service running?`);
}

async function cancelRestore(foundation: Foundation, id: string): Promise<string> {
  const read = async () => {
    const report = await readRestore(foundation.pool, id);
    if (!report) throw new Error(`The restore ${id} is gone.`);
    return report;
  };
  const found = await read();
  if (!(await askToCancelRestore(foundation, found, operatorName())))
    throw new Error(`Not cancelled: ${describeTooLate(await read())}.`);
  const end = await waitForEnd(async () => {
    const { state, error } = await read();
    return !['new', 'planned'].includes(state) && { state, error };
  });
  if (!end)
    throw new Error(`The restore ${id} is to be cancelled, and nothing does it: is backup-service running?`);
  if (end.state === 'cancelled')
    return `Cancelled: nothing of the restore ${id} of ${found.database} is left.`;
  throw new Error(
    `The restore ${id} of ${found.database} has ended otherwise (${end.state})${end.error ? `: ${end.error}` : ''}.`,
  );
}

/** What `look` finds, once it finds something; undefined when it has not for a minute. */
async function waitForEnd<T>(look: () => Promise<T | false | undefined>): Promise<T | undefined> {
  const until = performance.now() + patienceMs;
  while (performance.now() < until) {
    const found = await look();
    if (found) return found;
    await sleep(pollMs);
  }
  return undefined;
}
