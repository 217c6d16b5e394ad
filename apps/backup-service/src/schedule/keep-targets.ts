/**
 * Keeps the ops database's list of targets true. A service names the databases that it is configured with every few
 * seconds, so that operators' commands know which there are; one that no service has named for ten minutes is removed:
 * its schedule ends, what waits for it is cancelled, and its trouble is over. Its backups stay. Several services may
 * have targets of their own, so that a service removes nothing before it has itself been there for as long: the others
 * may be starting too.
 */
import type { Pool } from '@swfx/database';
import { errorMessage } from '@swfx/errors';
import { ensureSchedule } from '@swfx/messaging';
import { enterTarget, nameTargets, removeTargets, type TargetRules } from '../catalogue/targets';
import type { BackupWork } from '../run/backup-work';
import { scheduleText } from './backup-schedule';
import { scheduleName, scheduleService } from './schedule-name';

const everyMs = 5_000;
/** Six missed namings: the service is gone, or cannot reach Postgres. */
const namedSeconds = 30;

export interface TargetKeeper {
  /** Stops, and takes this service's name off its targets: they are nobody's until one starts again. */
  stop(): Promise<void>;
}

type KeptWork = Pick<BackupWork, 'pool' | 'audit' | 'alerts' | 'logger'>;

/** Starts the timer. */
export function keepTargets(
  work: KeptWork,
  options: { rules: readonly TargetRules[]; removeAfterSeconds?: number },
): TargetKeeper {
  const { rules, removeAfterSeconds = 600 } = options;
  const { pool, logger } = work;
  const databases = rules.map(({ database }) => database);
  const startedAt = performance.now();
  let entered = false;
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;

  async function keep(): Promise<void> {
    if (!entered) await enterTargets(pool, rules);
    entered = true;
    await nameTargets(pool, databases, namedSeconds);
    if (performance.now() - startedAt >= removeAfterSeconds * 1000)
      await removeUnnamed(work, databases, removeAfterSeconds);
  }
  async function loop(): Promise<void> {
    await keep().catch((error: unknown) =>
      logger.debug('The targets could not be named', { error: errorMessage(error) }),
    );
    if (!stopping) timer = setTimeout(() => (current = loop()), entered ? everyMs : 1_000);
  }
  let current = loop();
  return {
    async stop() {
      stopping = true;
      clearTimeout(timer);
      await current;
      if (entered) await nameTargets(pool, databases, 0).catch(() => undefined);
    },
  };
}

async function enterTargets(pool: Pool, rules: readonly TargetRules[]): Promise<void> {
  for (const rule of rules) {
    await enterTarget(pool, rule);
    await ensureSchedule(pool, {
      name: scheduleName(rule.database),
      service: scheduleService,
      cron: scheduleText(rule.schedule),
      jitterSeconds: rule.schedule.jitterSeconds,
    });
  }
}

/** Ends what is scheduled of databases that no service names any more, and tells people that their trouble is over. */
export async function removeUnnamed(
  work: KeptWork,
  own: readonly string[],
  silentSeconds: number,
): Promise<void> {
  const removed = await work.audit.transaction(async (client, note) => {
    const databases = await removeTargets(client, { own, silentSeconds });
    for (const database of databases) {
      await client.query('DELETE FROM task_schedule WHERE name = $1', [scheduleName(database)]);
      await note({
        action: 'backup_target_removed',
        outcome: 'success',
        actor: 'service:backup-service',
        subject: null,
        operationId: database,
        fields: { database },
      });
    }
    return databases;
  });
  for (const database of removed) {
    work.logger.info('A database is no longer backed up: no service is configured with it', { database });
    await endTrouble(work, database);
  }
}

async function endTrouble({ alerts }: KeptWork, database: string): Promise<void> {
  const title = 'The database is no longer backed up';
  const context = { database };
  await alerts.resolve({ incident: `backup:${database}`, kind: 'backup_failed', title, context });
  await alerts.resolve({ incident: `backup-proof:${database}`, kind: 'backup_proof_failed', title, context });
  await alerts.resolve({
    incident: `backup-retention:${database}`,
    kind: 'backup_retention_stopped',
    title,
    context,
  });
}
