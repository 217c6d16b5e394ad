import type { Environment } from '@swfx/config';
import type { Queryable } from '@swfx/database';
import { operatorName, printTable, type Columns } from '@swfx/service';
import type { Command } from 'commander';
import { listCandidates } from '../catalogue/retained-backups';
import { hastenRetention, readPlaces, readTargets } from '../catalogue/targets';
import { planRetention } from '../retention/plan-retention';
import { formatBytes } from './format-bytes';
import { withFoundation } from './with-foundation';

/** A decision on a backup, as `swfx backup retention --json` prints it. */
export interface ListedDecision {
  id: string;
  database: string;
  taken_at: Date;
  size_bytes: number;
  worth: string;
  /** Whether the second storage has it: `none` where there is no such storage. */
  copy: string;
  keep: boolean;
  reason: string;
  /** Seconds since it was marked to be deleted; null while it is not. */
  marked_seconds: number | null;
}

const decisionColumns: Columns<ListedDecision> = {
  ID: ({ id }) => id,
  DATABASE: ({ database }) => database,
  TAKEN: ({ taken_at }) => `${taken_at.toISOString().slice(0, 19)}Z`,
  SIZE: ({ size_bytes }) => formatBytes(size_bytes),
  WORTH: ({ worth }) => worth,
  COPY: ({ copy }) => (copy === 'none' ? undefined : copy),
  DECISION: ({ keep, marked_seconds: marked }) =>
    keep ? 'keep' : marked === null ? 'delete' : 'delete (marked)',
  REASON: ({ reason }) => reason,
};

interface RetentionOptions {
  dryRun?: boolean;
  unlimited?: boolean;
  json?: boolean;
}

/** Adds `swfx backup retention`. */
export function addRetentionCommand(backup: Command, environment: Environment): void {
  backup
    .command('retention')
    .description('Which backups are kept and which are deleted, each with its reason; carries it out')
    .argument('[database]', 'of this database only')
    .option('--dry-run', 'show the plan, and do nothing')
    .option('--unlimited', 'delete although it is more than BACKUP_DELETE_MAX_PERCENT of what there is')
    .option('--json', 'for programs')
    .action(async (database: string | undefined, { dryRun, unlimited, json }: RetentionOptions) => {
      const planned = await withFoundation(environment, async ({ pool, audit }) => {
        const plan = await planAll(pool, database ?? null);
        if (dryRun) return plan;
        const databases = (await readTargets(pool, database ?? null)).map((target) => target.database);
        await audit.transaction(async (client, note) => {
          await hastenRetention(client, databases, unlimited);
          await note({
            action: 'sensitive_operation_performed',
            outcome: 'success',
            actor: operatorName(),
            subject: null,
            operationId: databases.join(',') || 'none',
            fields: {
              command: `backup retention${unlimited ? ' --unlimited' : ''}`,
              reason: 'operator_request',
            },
          });
        });
        return plan;
      });
      const { decisions, notes } = planned;
      printTable(decisions, decisionColumns, { json, empty: 'There is no backup.' });
      for (const note of notes) process.stderr.write(`${note}\n`);
      if (!dryRun && !json)
        process.stdout.write(
          'backup-service marks what is to be deleted now, and deletes it after the delay.\n',
        );
    });
}

/** The decisions, and why the last look at a database deleted nothing, where it did not. */
async function planAll(
  db: Queryable,
  named: string | null,
): Promise<{ decisions: ListedDecision[]; notes: string[] }> {
  const plans: ListedDecision[] = [];
  const notes: string[] = [];
  for (const { database, retention } of await readTargets(db, named)) {
    const places = await readPlaces(db, database);
    const { candidates, now } = await listCandidates(db, database, places);
    if (places.note !== null) notes.push(`The last look at ${database} deleted nothing: ${places.note}.`);
    for (const { id, takenAt, keep, reason } of planRetention(candidates, retention, now)) {
      const candidate = candidates.find((one) => one.id === id);
      plans.push({
        id,
        database,
        taken_at: takenAt,
        size_bytes: candidate?.sizeBytes ?? 0,
        worth: candidate?.worth ?? 'unknown',
        copy: candidate?.copy ?? 'none',
        keep,
        reason,
        marked_seconds: candidate?.markedSeconds ?? null,
      });
    }
  }
  return { decisions: plans, notes };
}
