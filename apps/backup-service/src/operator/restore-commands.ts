/**
 * `swfx backup restore` and `swfx backup undo`: a plan is made by the service and shown, a person says that they mean
 * it, and the service carries it out. Nothing here touches a database that is restored.
 */
import type { Environment } from '@swfx/config';
import { operatorName, printJson, printTable, type Foundation } from '@swfx/service';
import { Option, type Command } from 'commander';
import { acceptable } from '../restore/find-obstacles';
import { askForRestore, askForRestoreStep } from './ask-for-restore';
import { confirm } from './confirm';
import { describePlan, describeRestore, describeUndoPlan, restoreColumns } from './describe-restore';
import { chooseRestoreToUndo, followRestore, listRestores, type RestoreReport } from './follow-restore';
import { isUrl } from './elsewhere-settings';
import { recoverOpsDatabase } from './recover-ops-database';
import { restoreFromStorage } from './restore-from-storage';
import { restoreToServer } from './restore-to-server';
import { showBackup } from './show-backup';
import { withFoundation } from './with-foundation';

interface Asked {
  plan?: boolean;
  yes?: boolean;
  confirm?: string;
  json?: boolean;
}

interface RestoreOptions extends Asked {
  from?: string;
  recoveryKey?: string;
  into?: string;
  accept?: string[];
  recoverOps?: boolean;
  auditFile?: string[];
}

/** Adds the commands to the group. */
export function addRestoreCommands(backup: Command, environment: Environment): void {
  withConfirmation(backup.command('restore'))
    .description('Restores a backup beside the database, compares it, and swaps the two; can be undone')
    .argument(
      '[id]',
      'the backup’s id, or as much of the beginning as is unique; with --from also a database’s name',
    )
    .option(
      '--into <name>',
      'make a database of this name, or at this postgres:// URL, instead of taking the place of the one there is',
    )
    .option(
      '--from <storage>',
      'without a service: a folder or s3://bucket/prefix; --into is then a postgres:// URL',
    )
    .option('--recovery-key <file>', 'with a URL: PEM file with the private half of the recovery key')
    .option(
      '--recover-ops',
      'restore the ops database itself, at the URL of --into, with every service stopped',
    )
    .option(
      '--audit-file <file...>',
      'with --recover-ops: the audit files that are left; AUDIT_LOG_FILE if not given',
    )
    .addOption(
      new Option('--accept <what...>', 'go on although the swap breaks this').choices([...acceptable]),
    )
    .action(async (id: string | undefined, { from, ...options }: RestoreOptions, command: Command) => {
      if (options.recoverOps) return recoverOpsDatabase(environment, { id, from, ...options });
      if (from !== undefined) return restoreFromStorage(environment, { id, from, ...options });
      if (id === undefined) return command.error('Say which backup: its id.', { exitCode: 2 });
      const { into } = options;
      if (isUrl(into)) return restoreToServer(environment, { id, ...options, into });
      finish(
        await withFoundation(environment, (foundation) =>
          restore(foundation, environment, { id, ...options }),
        ),
        options,
      );
    });
  withConfirmation(backup.command('undo'))
    .description('Gives a database back that a restore has replaced, and says which writes that loses')
    .argument('[id]', 'the restore’s id or its beginning; the newest restore if not given')
    .action(async (id: string | undefined, options: Asked) => {
      finish(
        await withFoundation(environment, (foundation) => undo(foundation, environment, { id, ...options })),
        options,
      );
    });
  backup
    .command('restores')
    .description('The restores, newest first, and what each has kept')
    .option('--json', 'for programs')
    .action(async ({ json }: { json?: boolean }) => {
      const rows = await withFoundation(environment, ({ pool }) => listRestores(pool, 50));
      printTable(rows, restoreColumns, { json, empty: 'Nothing was ever restored.' });
    });
}

function withConfirmation(command: Command): Command {
  return command
    .option('--plan', 'show the plan, and do nothing')
    .option('--yes', 'do not ask; in production --confirm is needed')
    .option('--confirm <database>', 'the name of the database, typed as a confirmation')
    .option('--json', 'for programs');
}

interface Outcome {
  report: RestoreReport;
  done: boolean;
  sentence: string;
}

async function restore(
  foundation: Foundation,
  environment: Environment,
  options: RestoreOptions & { id: string },
): Promise<Outcome> {
  const { id, database, manifest } = await showBackup(foundation.pool, options.id);
  if (!manifest) throw new Error(`The run ${id} has made no backup.`);
  const { into, accept: accepted = [] } = options;
  const restoreId = await askForRestore(foundation, {
    backupId: id,
    database,
    accepted,
    requestedBy: operatorName(),
    ...(into ? { into } : {}),
  });
  const planned = await followRestore(foundation.pool, restoreId, say);
  const { plan, state } = planned;
  if (plan && !options.json) say(describePlan(plan));
  const failed = state !== 'planned';
  if (failed || options.plan) return { report: planned, done: !failed, sentence: describeRestore(planned) };
  return goOn(foundation, environment, { report: planned, step: 'restore', options });
}

async function undo(
  foundation: Foundation,
  environment: Environment,
  options: Asked & { id: string | undefined },
): Promise<Outcome> {
  const { id } = await chooseRestoreToUndo(foundation.pool, options.id);
  await ask(foundation, id, 'plan_undo');
  const planned = await followRestore(foundation.pool, id, say);
  const { undo_plan: plan } = planned;
  if (plan && !options.json) say(describeUndoPlan(plan));
  if (planned.error || plan?.decision !== 'go')
    return {
      report: planned,
      done: false,
      sentence: planned.error ? describeRestore(planned) : 'Refused; nothing was done.',
    };
  if (options.plan) return { report: planned, done: true, sentence: 'Planned, and nothing was done.' };
  return goOn(foundation, environment, { report: planned, step: 'undo', options });
}

async function goOn(
  foundation: Foundation,
  environment: Environment,
  { report, step, options }: { report: RestoreReport; step: 'restore' | 'undo'; options: Asked },
): Promise<Outcome> {
  const confirmation = await confirm({
    environment: environment['ENVIRONMENT'] ?? 'development',
    database: report.live_name ?? report.database,
    yes: options.yes ?? false,
    typed: options.confirm,
  });
  if (!confirmation.confirmed) return { report, done: false, sentence: `Not done: ${confirmation.because}.` };
  await ask(foundation, report.id, step);
  const ended = await followRestore(foundation.pool, report.id, say);
  const done = ended.error === null && ended.state === (step === 'undo' ? 'undone' : 'restored');
  return { report: ended, done, sentence: describeRestore(ended) };
}

async function ask(
  foundation: Foundation,
  id: string,
  step: 'restore' | 'plan_undo' | 'undo',
): Promise<void> {
  if (!(await askForRestoreStep(foundation, { id, step, by: operatorName() })))
    throw new Error(`Restore ${id} is not where it was: npx swfx backup restores tells where it is.`);
}

/** The plan and the progress are for people who watch; the outcome alone is the command's output. */
function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function finish({ report, done, sentence }: Outcome, { json }: Asked): void {
  if (json) printJson(report);
  else process.stdout.write(`${sentence}\n`);
  if (!done) process.exitCode = 1;
}
