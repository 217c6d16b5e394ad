/** Everything that has to be so before anything is started: folders, secrets, programs and free ports. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findAbandoned, noteOwner } from './state/abandoned-data';
import { choosePostgres } from './machine/choose-postgres';
import { loginNames } from './first-run/databases';
import { readDotenv } from './state/dotenv';
import { postgresChild, redisChild } from './children/engines';
import type { Layout } from './state/layout';
import { portHolder } from './machine/port-holder';
import { freePorts, monitoringPorts, takenPorts, usualPorts } from './machine/ports';
import type { Ports } from './machine/ports';
import {
  choosePostgresHome,
  majorsWithData,
  outsideFolder,
  outsidePostgresFolder,
} from './state/postgres-home';
import type { PostgresHome } from './state/postgres-home';
import { provision } from './machine/provision';
import { loadSecrets } from './state/secrets';
import type { StackFacts } from './children/services';
import type { StackContext } from './stack-context';
import { StackError } from './screen/stack-error';
import type { Child } from './children/supervise';

/** The facts that every child is defined by, and the two children that all others need. */
export type PreparedMachine = { facts: StackFacts; postgres: Child; redis: Child };

export async function prepareMachine(context: StackContext, layout: Layout): Promise<PreparedMachine> {
  const { root, options, inherited, progress } = context;
  const { yes, monitoring } = options;
  const machine = await provision({ root, yes, monitoring, path: inherited.path, say: progress.say });
  await createFolders(layout);
  const { secrets, isNew } = await loadSecrets(layout.secretsFile, loginNames);
  const home = await choosePostgresHome(layout);
  if (isNew) {
    await refuseForeignData(home, layout);
    await sayWhatIsOutside(home, layout, progress.say);
  }
  if (home.folder !== layout.stateDir) await noteOwner(home.folder, layout.stateDir);
  const chosen = await choosePostgres(machine.postgres, await majorsWithData(home), inherited.path);
  if (chosen.notice) progress.say(chosen.notice);
  const ports = options.freePorts ? await freePorts() : await usualPortsIfFree(monitoring);
  const dotenv = await readDotenv(join(root, '.env'));
  const facts: StackFacts = {
    layout,
    ports,
    secrets,
    inherited,
    dotenv,
    machine: { ...machine, postgres: chosen.programs },
    overrides: options.env,
    monitoring: monitoring ? machine.monitoring : undefined,
  };
  return {
    facts,
    postgres: postgresChild(facts, home, chosen.programs),
    redis: redisChild(facts, machine.redisServer),
  };
}

async function createFolders({ logsDir, backupsDir, spoolDir }: Layout): Promise<void> {
  for (const folder of [logsDir, backupsDir, spoolDir]) await mkdir(folder, { recursive: true });
}

async function sayWhatIsOutside(
  home: PostgresHome,
  { root, stateDir }: Layout,
  say: (line: string) => void,
): Promise<void> {
  if (home.folder !== stateDir)
    say(
      `Postgres's user has no way into ${root}: its data is in ${home.folder}, which stays when you delete the clone.`,
    );
  for (const { folder, stateDir: gone } of await findAbandoned(outsideFolder))
    say(`${gone} is gone, but not its data. To remove it: rm -r ${folder}`);
}

/** Data whose password is gone. Outside the state folder it is what a removed `.swfx` has left behind. */
async function refuseForeignData(home: PostgresHome, layout: Layout): Promise<void> {
  if (!(await majorsWithData(home)).length) return;
  if (home.folder !== outsidePostgresFolder(layout)) {
    await rm(layout.secretsFile);
    throw new StackError(
      `${layout.secretsFile} is gone, and with it the way into the data: npm start -- --reset`,
    );
  }
  await rm(home.folder, { recursive: true });
  await mkdir(home.folder, { recursive: true, mode: 0o755 });
}

async function usualPortsIfFree(monitoring: boolean): Promise<Ports> {
  const needed: Partial<Ports> = { ...usualPorts };
  if (!monitoring) for (const name of monitoringPorts) delete needed[name];
  const taken = await takenPorts(needed);
  if (!taken.length) return usualPorts;
  const named = await Promise.all(taken.map(describePort));
  throw new StackError(
    `These ports of the stack are taken: ${named.join(', ')}. Stop what listens there, or use npm start -- --free-ports.`,
  );
}

async function describePort(port: number): Promise<string> {
  const holder = await portHolder(port);
  return `${port}${holder ? ` by ${holder}` : ''}`;
}
