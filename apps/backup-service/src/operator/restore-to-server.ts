/**
 * `swfx backup restore <id> --into postgres://…`: a new database on another server, while the ops database is there to
 * tell which backups there are. The service has no credentials of that server and shall have none, so that the command
 * does the work itself, with those of the person who runs it; the ops database keeps what was done, and the trail who
 * did it.
 */
import { randomUUID } from 'node:crypto';
import type { Environment } from '@swfx/config';
import { operatorName, type Foundation } from '@swfx/service';
import { findBackup, type CataloguedBackup } from '../catalogue/backups';
import { insertElsewhere, type ElsewhereRestore } from '../catalogue/restores';
import { describeServer } from '../restore/describe-server';
import { restoreElsewhere, type ElsewhereResult } from '../restore/restore-elsewhere';
import { classifyRestoreFailure } from '../restore/restore-error';
import { restoreEvents } from '../restore/restore-events';
import { chooseKeys } from '../seal/backup-keys';
import { openStorage } from '../storage/open-storage';
import { approveElsewhere, finishElsewhere, say, type ElsewhereAsked } from './approve-elsewhere';
import { readRecoveryKey } from './drill-recovery';
import { loadElsewhere, parseInto, type ElsewhereConfig } from './elsewhere-settings';
import { showBackup } from './show-backup';
import { tellBytes } from './tell-bytes';
import { withFoundation } from './with-foundation';

export interface ToServerOptions extends ElsewhereAsked {
  id: string;
  into: string;
  accept?: string[];
  recoveryKey?: string;
}

/** Runs the command. */
export async function restoreToServer(environment: Environment, options: ToServerOptions): Promise<void> {
  const config = loadElsewhere(environment);
  const { result, backup } = await withFoundation(environment, async (foundation) => {
    const { id } = await showBackup(foundation.pool, options.id);
    const found = await findBackup(foundation.pool, id);
    if (!found) throw new Error(`The run ${id} has made no backup.`);
    return { result: await restore(foundation, config, { backup: found, options }), backup: found };
  });
  const { database } = parseInto(options.into);
  finishElsewhere(result, {
    asked: options,
    fields: { backup_id: backup.id, into: database },
    sentence: `Restored backup ${backup.id} into ${database} in ${result.seconds?.toFixed(1)} s; it was compared.`,
  });
}

async function restore(
  foundation: Foundation,
  config: ElsewhereConfig,
  { backup, options }: { backup: CataloguedBackup; options: ToServerOptions },
): Promise<ElsewhereResult> {
  const address = parseInto(options.into);
  const { database } = address;
  const storage = await openStorage(config);
  if (backup.storage !== storage.name)
    throw new Error(`The backup is in the storage ${backup.storage}, and this is ${storage.name}.`);
  const recoveryKey =
    options.recoveryKey === undefined ? undefined : await readRecoveryKey(options.recoveryKey);
  const about: ElsewhereRestore = {
    id: randomUUID(),
    backupId: backup.id,
    database: backup.database,
    intoName: database,
    intoServer: `${address.host}:${address.port}`,
    liveName: database,
    accepted: options.accept ?? [],
    askedBy: operatorName(),
    step: 'restore',
  };
  let begun = false;
  try {
    const result = await restoreElsewhere({
      id: about.id,
      backup: { manifest: backup.manifest, location: backup.location },
      verdict: backup.verdict,
      ops: await describeServer(foundation.pool),
      address,
      accepted: about.accepted,
      settings: {
        storage,
        keys: chooseKeys(config),
        path: config.PATH,
        ...(recoveryKey ? { recoveryKey } : {}),
      },
      signal: new AbortController().signal,
      say,
      onBytes: tellBytes(database, say),
      async approve(plan) {
        const approved = await approveElsewhere(plan, options, { environment: config.ENVIRONMENT, database });
        if (approved) await foundation.audit.record(restoreEvents.started(about));
        begun = approved;
        return approved;
      },
    });
    if (result.seconds !== undefined)
      await enterSuccess(foundation, about, { backup, seconds: result.seconds });
    return result;
  } catch (error) {
    if (begun) await enterFailure(foundation, about, error);
    throw error;
  }
}

async function enterSuccess(
  { audit }: Foundation,
  about: ElsewhereRestore,
  { backup, seconds }: { backup: CataloguedBackup; seconds: number },
): Promise<void> {
  await audit.transaction(async (client, note) => {
    await insertElsewhere(client, about, { state: 'restored', seconds });
    await note(restoreEvents.succeeded(about, backup.manifest, seconds));
  });
}

/** The failure itself is what the person hears of; that it could not be entered would hide it. */
async function enterFailure(
  { audit, alerts, logger }: Foundation,
  about: ElsewhereRestore,
  error: unknown,
): Promise<void> {
  const failure = classifyRestoreFailure(error);
  const { reason, message } = failure;
  await audit
    .transaction(async (client, note) => {
      await insertElsewhere(client, about, { state: 'failed', reason, error: message });
      await note(restoreEvents.failed(about, failure));
      await alerts.raiseIn(client, restoreEvents.alert(about, failure));
    })
    .catch((cause: unknown) => logger.error('How the restore ended could not be entered', { cause }));
}
