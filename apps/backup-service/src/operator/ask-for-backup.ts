import type { Queryable } from '@swfx/database';
import { facts } from '@swfx/messaging';
import type { Foundation } from '@swfx/service';
import { requestRun } from '../catalogue/backup-runs';
import { scheduleService } from '../run/start-backup-task';

export type DatabaseChoice = { chosen: true; database: string } | { chosen: false; problem: string };

/** The database to back up: the one that is named, or the only one. Known are those that have a schedule. */
export async function chooseDatabase(db: Queryable, named: string | undefined): Promise<DatabaseChoice> {
  const { rows } = await db.query<{ database: string }>(
    `SELECT substr(name, length('db_backup:') + 1) AS database FROM task_schedule
     WHERE service = $1 AND starts_with(name, 'db_backup:') ORDER BY 1`,
    [scheduleService],
  );
  const known = rows.map((row) => row.database);
  const [first] = known;
  const list = known.join(', ');
  if (first === undefined)
    return { chosen: false, problem: 'No database is known yet: backup-service enters them when it starts.' };
  if (named === undefined && known.length > 1)
    return { chosen: false, problem: `Say which database to back up: ${list}.` };
  const database = named ?? first;
  if (!known.includes(database))
    return { chosen: false, problem: `${database} is not a backup target; these are: ${list}.` };
  return { chosen: true, database };
}

/** Makes a backup due now, audited in the same transaction; one that is open already is joined. Returns its id. */
export async function askForBackup(
  { audit, facts: hints }: Pick<Foundation, 'audit' | 'facts'>,
  request: { database: string; requestedBy: string },
): Promise<string> {
  const id = await audit.transaction(async (client, note) => {
    const runId = await requestRun(client, request);
    await note({
      action: 'sensitive_operation_performed',
      outcome: 'success',
      actor: request.requestedBy,
      subject: null,
      operationId: runId,
      fields: { command: `backup run ${request.database}`, reason: 'operator_request' },
    });
    return runId;
  });
  await hints.publish(facts.backupProgressed, { backupId: id, phase: 'requested' });
  return id;
}
