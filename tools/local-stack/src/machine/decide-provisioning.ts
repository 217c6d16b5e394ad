/**
 * Decides how the machine comes to have the programs that the stack runs.
 *
 * Nothing is installed without a yes: from the person at the terminal, from `--yes`, or from the lack of a terminal
 * (a build machine, whose owner has asked for exactly this by running the command). Never anything but apt is used,
 * and never a password asked for.
 */
import { monitoringPrograms } from './programs';
import type { MonitoringProgram, Programs } from './programs';

export type Machine = {
  hasApt: boolean;
  isRoot: boolean;
  /** sudo works without a password. */
  canSudo: boolean;
  hasTerminal: boolean;
};

/** What is asked for: `yes` is the answer to every question; the tests and the monitoring need more than the stack does. */
export type Wish = { yes: boolean; forTests: boolean; monitoring: boolean };

export type Provisioning =
  | { action: 'nothing' }
  | { action: 'install' | 'ask'; packages: string[]; command: string; reason: string }
  | { action: 'refuse'; reason: string };

/** Pure. `reason` is a sentence that names what is missing; `command` is what will be run. */
export function decideProvisioning(programs: Programs, machine: Machine, wish: Wish): Provisioning {
  const missing = missingPrograms(programs, wish);
  if (!missing.length) return { action: 'nothing' };
  const reason = `Missing on this machine: ${missing.map(({ name }) => name).join(', ')}.`;
  const packages = [...new Set([...missing.map((program) => program.package), ...wantedPackages(programs)])];
  const prefix = machine.isRoot ? '' : 'sudo ';
  const command = `${prefix}apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (!machine.hasApt) return { action: 'refuse', reason: `${reason} Install them and start again.` };
  if (!machine.isRoot && !machine.canSudo)
    return { action: 'refuse', reason: `${reason} Install with: ${command}` };
  return { action: wish.yes || !machine.hasTerminal ? 'install' : 'ask', packages, command, reason };
}

function missingPrograms(
  programs: Programs,
  { forTests, monitoring }: Wish,
): { name: string; package: string }[] {
  return [
    ...missingPostgres(programs),
    ...(programs.redisServer ? [] : [{ name: 'redis-server', package: 'redis-server' }]),
    ...(programs.zstd ? [] : [{ name: 'zstd', package: 'zstd' }]),
    ...(programs.git || !forTests ? [] : [{ name: 'git', package: 'git' }]),
    ...(monitoring ? missingMonitoring(programs) : []),
  ];
}

function missingMonitoring({ monitoring }: Programs): { name: string; package: string }[] {
  const missing = Object.entries(monitoringPrograms).filter(([key]) => !monitoring[key as MonitoringProgram]);
  return missing.map(([, program]) => ({ name: program.names[0], package: program.package }));
}

function missingPostgres({ postgres }: Programs): { name: string; package: string }[] {
  if (postgres.found) return [];
  if (postgres.missing !== 'client') return [{ name: 'the Postgres server', package: 'postgresql' }];
  const major = Math.max(...postgres.majors);
  return [{ name: `the Postgres ${major} client programs`, package: `postgresql-client-${major}` }];
}

/** Not worth an installation of their own, but worth taking along: the printed commands use them. */
function wantedPackages(programs: Programs): string[] {
  return (['jq', 'curl'] as const).filter((name) => !programs[name]);
}
