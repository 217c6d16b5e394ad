import { loadConfig, text, type Environment } from '@swfx/config';
import { operatorName, printJson } from '@swfx/service';
import type { Command } from 'commander';
import { createPublicKey, randomUUID, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { storageSettings } from '../config';
import { chooseKeys } from '../seal/backup-keys';
import { recoveryKeyId } from '../seal/data-key';
import { openStorage } from '../storage/open-storage';
import { drillRecovery, findDrillBackup, readRecoveryKey, type Drill } from './drill-recovery';
import { formatBytes } from './format-bytes';
import { withFoundation } from './with-foundation';

/** It reads the storage itself, with the credentials of whoever calls it. */
const drillConfig = z.object({ ...storageSettings, PATH: text().default('/usr/local/bin:/usr/bin:/bin') });

/** Adds `swfx backup drill`. */
export function addDrillCommand(backup: Command, environment: Environment): void {
  backup
    .command('drill')
    .description('Proves that the offline recovery key opens a backup, by opening one with it')
    .argument('[id]', 'the backup; the newest encrypted one if it is left out')
    .requiredOption('--key <file>', 'PEM file with the private half of the recovery key')
    .option('--json', 'for programs')
    .action(async (id: string | undefined, { key, json }: { key: string; json?: boolean }) => {
      const drill = await runDrill(environment, id, key);
      if (json) printJson(drill);
      else process.stdout.write(`${describeDrill(drill)}\n`);
      if (!drill.opened) process.exitCode = 1;
    });
}

async function runDrill(environment: Environment, id: string | undefined, file: string): Promise<Drill> {
  const config = loadConfig(drillConfig, environment);
  const privateKey = await readRecoveryKey(file);
  const storage = await openStorage(config);
  return withFoundation(environment, async ({ pool, audit }) => {
    const other = id === undefined ? otherRecipient(privateKey, config.BACKUP_RECOVERY_RECIPIENT) : undefined;
    if (other !== undefined) return { opened: false, reason: other };
    const folder = await findDrillBackup(pool, storage.name, id);
    await audit.record({
      action: 'sensitive_operation_performed',
      outcome: 'success',
      actor: operatorName(),
      subject: null,
      operationId: randomUUID(),
      fields: { command: 'backup drill', reason: 'operator_request' },
    });
    const signal = new AbortController().signal;
    const options = { storage, keys: chooseKeys(config), path: config.PATH, signal };
    return drillRecovery(folder, privateKey, options);
  });
}

/** A key that opens only what is old proves nothing about the backups of tomorrow. */
function otherRecipient(privateKey: KeyObject, recipient: KeyObject | undefined): string | undefined {
  if (!recipient) return undefined;
  const [given, configured] = [createPublicKey(privateKey), recipient].map(recoveryKeyId);
  if (given === configured) return undefined;
  return `it is the key ${given}, and BACKUP_RECOVERY_RECIPIENT is ${configured}; name a backup to drill an old key`;
}

function describeDrill(drill: Drill): string {
  if (!drill.opened) return `The recovery key does not open this backup: ${drill.reason}.`;
  const size = formatBytes(drill.dumpedBytes);
  return `The recovery key opens backup ${drill.backup} of ${drill.database}: ${size} are what was dumped (${drill.seconds.toFixed(1)} s).`;
}
