/**
 * `swfx backup restore --from`: on a new machine, with a storage, its keys and a server, and nothing else. No ops
 * database is asked, so that nothing is audited either: the first thing that a disaster takes is the ledger.
 */
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { loadConfig, text, type Environment } from '@swfx/config';
import { printJson } from '@swfx/service';
import { z } from 'zod';
import { storageSettings } from '../config';
import { parseServerAddress, type ServerAddress } from '../postgres-client/server-address';
import { chooseFound, readCatalogue } from '../restore/read-catalogue';
import { restoreElsewhere, type ElsewhereResult } from '../restore/restore-elsewhere';
import { chooseKeys } from '../seal/backup-keys';
import { openStorage } from '../storage/open-storage';
import { confirm } from './confirm';
import { describePlan } from './describe-restore';
import { readRecoveryKey } from './drill-recovery';

const fromConfig = z.object({
  ...storageSettings,
  ENVIRONMENT: text().default('development'),
  PATH: text().default('/usr/local/bin:/usr/bin:/bin'),
});

export interface FromOptions {
  id: string | undefined;
  from: string;
  into?: string;
  accept?: string[];
  recoveryKey?: string;
  plan?: boolean;
  yes?: boolean;
  confirm?: string;
  json?: boolean;
}

/** Runs the command. */
export async function restoreFromStorage(environment: Environment, options: FromOptions): Promise<void> {
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const address = parseInto(options.into);
  const config = loadConfig(fromConfig, { ...environment, ...(await storageAt(options.from)) });
  const storage = await openStorage(config);
  const keys = chooseKeys(config);
  const catalogue = await readCatalogue(storage, keys);
  for (const { location, problem } of catalogue.unreadable) say(`Not a backup: ${location}: ${problem}`);
  const choice = chooseFound(catalogue, options.id);
  if (!choice.chosen) throw new Error(`Nothing was restored: ${choice.problem}.`);
  const recoveryKey =
    options.recoveryKey === undefined ? undefined : await readRecoveryKey(options.recoveryKey);
  const result = await restoreElsewhere({
    backup: choice.backup,
    address,
    accepted: options.accept ?? [],
    settings: { storage, keys, path: config.PATH, ...(recoveryKey ? { recoveryKey } : {}) },
    signal: new AbortController().signal,
    say,
    async approve(plan) {
      if (!options.json) say(describePlan(plan));
      if (options.plan) return false;
      const { database } = address;
      const typed = options.confirm;
      const confirmation = await confirm({
        environment: config.ENVIRONMENT,
        database,
        yes: options.yes ?? false,
        typed,
      });
      if (!confirmation.confirmed) say(`Not done: ${confirmation.because}.`);
      return confirmation.confirmed;
    },
  });
  finish(result, { options, address, id: choice.backup.manifest.id, say });
}

function finish(
  { plan, seconds }: ElsewhereResult,
  about: { options: FromOptions; address: ServerAddress; id: string; say: (line: string) => void },
): void {
  const { options, address, id } = about;
  if (plan.decision === 'refuse' && !options.json) about.say(describePlan(plan));
  if (options.json)
    printJson({ backup_id: id, into: address.database, plan, restore_seconds: seconds ?? null });
  else if (seconds !== undefined)
    process.stdout.write(
      `Restored backup ${id} into ${address.database} in ${seconds.toFixed(1)} s; it was compared.\n`,
    );
  else process.stdout.write('Nothing was done.\n');
  if (seconds === undefined && !(options.plan && plan.decision === 'go')) process.exitCode = 1;
}

function parseInto(into: string | undefined): ServerAddress {
  if (into === undefined)
    throw new Error('Say where to: --into postgres://user@server/name-of-the-new-database.');
  const parsed = parseServerAddress(into);
  if (!parsed.ok) throw new Error(`--into ${parsed.problem}.`);
  return parsed.address;
}

/** The settings of the storage that `--from` names: a folder, or `s3://bucket/prefix` with BACKUP_S3_* for the rest. */
async function storageAt(from: string): Promise<Environment> {
  if (from.startsWith('s3://')) {
    const { hostname, pathname } = new URL(from);
    const prefix = pathname.replace(/^\/+|\/+$/g, '');
    return {
      BACKUP_STORAGE_ADAPTER: 's3',
      BACKUP_S3_BUCKET: hostname,
      ...(prefix ? { BACKUP_S3_PREFIX: prefix } : {}),
    };
  }
  const folder = from.startsWith('file://') ? fileURLToPath(from) : from;
  // A folder that is not there would be made, and then be found empty.
  const there = await stat(folder).catch(() => undefined);
  if (!there?.isDirectory()) throw new Error(`There is no folder ${folder}.`);
  return { BACKUP_STORAGE_ADAPTER: 'local', BACKUP_DIR: folder };
}
