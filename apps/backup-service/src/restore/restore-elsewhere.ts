/**
 * A restore from a storage alone: after a disaster there is no ops database to ask and no service to ask it of. What is
 * done is the same (planned, restored beside, compared, and only then given its name), in the process that calls it.
 */
import type { Client } from 'pg';
import type { ServerAddress } from '../postgres-client/server-address';
import { propertiesOf } from '../seal/manifest';
import { databaseNames, type DatabaseNames } from './database-names';
import type { fillFromBackup } from './fill-from-backup';
import { gatherRestoreFacts } from './gather-restore-facts';
import { openMaintenanceSession } from './maintenance-session';
import type { Obstacle } from './find-obstacles';
import { planRestore, type RestoreFacts, type RestorePlan } from './plan-restore';
import type { FoundBackup } from './read-catalogue';
import { restoreDatabase } from './restore-database';
import { dropDatabase } from './swap-databases';

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
      options.say(`${names.live}: ${phase}`);
      if (phase === 'swapping') await replace?.settle({ ...address, database: names.beside });
    },
    onFallback: async (problem: string) => options.say(`${names.live}: reading the second copy: ${problem}`),
    signal,
  };
  try {
    await restoreDatabase(session, job, settings);
  } catch (error) {
    await dropDatabase(session, names.beside).catch(() => undefined);
    throw error;
  }
  return { plan, names, seconds: (performance.now() - startedAt) / 1000 };
}
