/**
 * `swfx backup restore --from`: on a new machine, with a storage, its keys and a server, and nothing else. No ops
 * database is asked, so that nothing is audited either: the first thing that a disaster takes is the ledger.
 */
import { randomUUID } from 'node:crypto';
import type { Environment } from '@swfx/config';
import { restoreElsewhere } from '../restore/restore-elsewhere';
import { chooseKeys } from '../seal/backup-keys';
import { openStorage } from '../storage/open-storage';
import { approveElsewhere, finishElsewhere, say, type ElsewhereAsked } from './approve-elsewhere';
import { readRecoveryKey } from './drill-recovery';
import { loadElsewhere, parseInto } from './elsewhere-settings';
import { findStoredBackup, storageAt } from './find-stored-backup';
import { tellBytes } from './tell-bytes';

export interface FromOptions extends ElsewhereAsked {
  id: string | undefined;
  from: string;
  into?: string;
  accept?: string[];
  recoveryKey?: string;
}

/** Runs the command. */
export async function restoreFromStorage(environment: Environment, options: FromOptions): Promise<void> {
  const address = parseInto(options.into);
  const { database } = address;
  const config = loadElsewhere(environment, await storageAt(options.from));
  const storage = await openStorage(config);
  const keys = chooseKeys(config);
  const { backup } = await findStoredBackup(storage, keys, options.id);
  const recoveryKey =
    options.recoveryKey === undefined ? undefined : await readRecoveryKey(options.recoveryKey);
  const result = await restoreElsewhere({
    id: randomUUID(),
    backup,
    address,
    accepted: options.accept ?? [],
    settings: { storage, keys, path: config.PATH, ...(recoveryKey ? { recoveryKey } : {}) },
    signal: new AbortController().signal,
    say,
    onBytes: tellBytes(database, say),
    approve: (plan) => approveElsewhere(plan, options, { environment: config.ENVIRONMENT, database }),
  });
  const { id } = backup.manifest;
  finishElsewhere(result, {
    asked: options,
    fields: { backup_id: id, into: database },
    sentence: `Restored backup ${id} into ${database} in ${result.seconds?.toFixed(1)} s; it was compared.`,
  });
}
