import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '@swfx/config';
import type { Queryable } from '@swfx/database';
import { operatorName, type Foundation } from '@swfx/service';
import type { Command } from 'commander';
import { askToCancel } from './ask-to-cancel';
import { showBackup } from './show-backup';
import { withFoundation } from './with-foundation';

const pollMs = 200;
const patienceMs = 60_000;

/** Adds `swfx backup cancel`. */
export function addCancelCommand(backup: Command, environment: Environment): void {
  backup
    .command('cancel')
    .description('Ends a backup that waits or is under way; nothing of it is left')
    .argument('<id>', 'its id, or as much of the beginning as is unique')
    .action(async (id: string) => {
      const sentence = await withFoundation(environment, (foundation) => cancel(foundation, id));
      process.stdout.write(`${sentence}\n`);
    });
}

async function cancel(foundation: Foundation, named: string): Promise<string> {
  const { id, database, state } = await showBackup(foundation.pool, named);
  if (!(await askToCancel(foundation, { id, database, by: operatorName() })))
    throw new Error(`The backup ${id} of ${database} is over already (${state}).`);
  const end = await waitForEnd(foundation.pool, id);
  if (end === 'succeeded') return `Too late: the backup ${id} of ${database} had just been made.`;
  if (end === 'cancelled') return `Cancelled: nothing of the backup ${id} of ${database} is left.`;
  throw new Error(`The backup ${id} is to be cancelled, and nothing does it: is backup-service running?`);
}

async function waitForEnd(db: Queryable, id: string): Promise<string | undefined> {
  const until = performance.now() + patienceMs;
  while (performance.now() < until) {
    const { rows } = await db.query<{ state: string }>('SELECT state FROM backup_run WHERE id = $1', [id]);
    const state = rows[0]?.state;
    if (state !== 'queued' && state !== 'running') return state;
    await sleep(pollMs);
  }
  return undefined;
}
