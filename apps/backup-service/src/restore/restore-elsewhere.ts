/**
 * A restore from a storage alone: after a disaster there is no ops database to ask and no service to ask it of. What is
 * done is the same (planned, restored beside, compared, and only then given its name), in the process that calls it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import type { ServerAddress } from '../postgres-client/server-address';
import { propertiesOf } from '../seal/manifest';
import { databaseNames, type DatabaseNames } from './database-names';
import { dropBeside } from './drop-beside';
import type { fillFromBackup } from './fill-from-backup';
import { gatherRestoreFacts } from './gather-restore-facts';
import { openMaintenanceSession } from './maintenance-session';
import type { Obstacle } from './find-obstacles';
import { planRestore, type RestoreFacts, type RestorePlan } from './plan-restore';
import type { FoundBackup } from './read-catalogue';
import { restoreDatabase } from './restore-database';
import { openAgain } from './swap-databases';

export interface ElsewhereOptions {
  /** The names of its databases carry it. */
  id: string;
  backup: FoundBackup;
  /** Where to, with the name of the database to make. */
  address: ServerAddress;
  accepted: readonly string[];
  settings: Parameters<typeof fillFromBackup>[1];
  signal: AbortSignal;
  say(line: string): void;
  /** Told how many bytes of the dump, of how many, the new database was given. */
  onBytes(restoredBytes: number, expectedBytes: number): void;
  /** Asked with the plan; what it answers decides. */
  approve(plan: RestorePlan): Promise<boolean>;
  /** What the catalogue says of the backup; not given where there is none. */
  verdict?: string;
  /** Which database of which server nobody may take the place of; not given where there is none. */
  ops?: { systemIdentifier: string; database: string };
  /** Given, a database that is there is replaced and kept beside; otherwise the name has to be free. */
  replace?: {
    /** What stands against it beyond what stands against every restore. */
    obstacles(facts: RestoreFacts): Obstacle[];
    /** Done in the new database before it has its name, so that nobody meets it without. */
    settle(beside: ServerAddress): Promise<void>;
  };
}

export interface ElsewhereResult {
  plan: RestorePlan;
  names: DatabaseNames;
  /** Undefined when it was not carried out. */
  seconds: number | undefined;
}

/** Plans, asks, and restores; throws what stopped it, and then nothing is left of it. */
export async function restoreElsewhere(options: ElsewhereOptions): Promise<ElsewhereResult> {
  const session = await openMaintenanceSession(options.address, options.signal);
  try {
    return await onServer(session, options);
  } finally {
    await session.end().catch(() => undefined);
  }
}

async function onServer(session: Client, options: ElsewhereOptions): Promise<ElsewhereResult> {
  const { backup, address, settings, signal } = options;
  const { manifest, location } = backup;
  const names = databaseNames(options.id, address.database);
  const known = { id: manifest.id, verdict: options.verdict ?? 'in no catalogue', manifest };
  const about = { address, name: names.live, backup: known, ops: options.ops, path: settings.path };
  const facts = await gatherRestoreFacts(session, about);
  const { replace, accepted } = options;
  const { properties } = facts.database;
  const mode = replace && properties ? ('swap' as const) : ('into' as const);
  const more = replace?.obstacles(facts) ?? [];
  const plan = planRestore(facts, { mode, names, accepted, keepHours: null }, more);
  if (plan.decision === 'refuse' || !(await options.approve(plan)))
    return { plan, names, seconds: undefined };
  const startedAt = performance.now();
  let swapping = false;
  const job = {
    mode,
    names,
    address,
    manifest,
    location,
    serverMajor: facts.server.major,
    properties: mode === 'swap' ? properties : propertiesOf(manifest),
    rolesToMake: facts.backup.roles.filter((role) => !facts.server.roles.includes(role)),
    reached: null,
    enterPhase: async (phase: string) => {
      swapping = phase === 'swapping';
      options.say(`${names.live}: ${phase}`);
      if (phase === 'swapping') await replace?.settle({ ...address, database: names.beside });
    },
    onFallback: async (problem: string) => options.say(`${names.live}: reading the second copy: ${problem}`),
    onBytes: (bytes: number) => options.onBytes(bytes, manifest.dump.dumped_bytes),
    signal,
  };
  try {
    await restoreDatabase(session, job, settings);
  } catch (error) {
    await clearUp(session, { address, names, closed: mode === 'swap' && swapping });
    throw error;
  }
  return { plan, names, seconds: (performance.now() - startedAt) / 1000 };
}

const clearUpAttempts = 20;

/**
 * Leaves nothing. The session may be what broke, in the middle of a swap too: then another one, as soon as the server
 * answers, opens the live database again.
 */
async function clearUp(
  session: Client,
  about: { address: ServerAddress; names: DatabaseNames; closed: boolean },
): Promise<void> {
  const { address, names, closed } = about;
  const dropped = await dropBeside(session, names.beside, address).then(
    () => true,
    () => false,
  );
  for (let attempt = 1; !dropped && attempt <= clearUpAttempts; attempt += 1) {
    const again = await openMaintenanceSession(address, new AbortController().signal).catch(() => undefined);
    if (again) {
      if (closed) await openAgain(again, names.live);
      await dropBeside(again, names.beside, address).catch(() => undefined);
      return again.end().catch(() => undefined);
    }
    await sleep(1_000);
  }
}
