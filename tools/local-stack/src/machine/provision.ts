import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { PostgresPrograms } from '@swfx/postgres-server';
import { ask } from '../screen/ask';
import { decideProvisioning } from './decide-provisioning';
import type { Machine } from './decide-provisioning';
import { findPrograms, monitoringPrograms } from './programs';
import type { MonitoringPrograms, Programs } from './programs';
import { StackError } from '../screen/stack-error';

export type ProvisionOptions = {
  root: string;
  yes: boolean;
  forTests?: boolean;
  monitoring?: boolean;
  /** The value of PATH. */
  path?: string;
  say: (line: string) => void;
};

/** What is there in the end. `jq` and `curl` are for the printed commands only and may be missing. */
export type ProvisionedMachine = {
  postgres: PostgresPrograms;
  redisServer: string;
  zstd: string;
  /** There when it was asked for. */
  monitoring?: MonitoringPrograms;
};

/** Finds the programs of the stack, installing what is missing where that is wanted. Throws `StackError`. */
export async function provision(options: ProvisionOptions): Promise<ProvisionedMachine> {
  const decision = decideProvisioning(await findPrograms(options.path), await inspectMachine(), {
    yes: options.yes,
    forTests: options.forTests ?? false,
    monitoring: options.monitoring ?? options.forTests ?? false,
  });
  if (decision.action === 'refuse') throw new StackError(decision.reason);
  if (decision.action === 'install' || decision.action === 'ask') {
    options.say(`${decision.reason} To install: ${decision.command}`);
    const agreed = decision.action === 'install' || (await ask('Install now?'));
    if (!agreed) throw new StackError(`${decision.reason} Nothing was installed.`);
    await installWithApt(options, decision.packages);
  }
  return complete(await findPrograms(options.path));
}

async function inspectMachine(): Promise<Machine> {
  const isRoot = process.getuid?.() === 0;
  const [hasApt, canSudo] = await Promise.all([
    succeeds('apt-get', ['--version']),
    isRoot ? false : succeeds('sudo', ['-n', 'true']),
  ]);
  return { hasApt, isRoot, canSudo, hasTerminal: Boolean(process.stdin.isTTY && process.stdout.isTTY) };
}

async function succeeds(program: string, args: string[]): Promise<boolean> {
  const child = spawn(program, args, { stdio: 'ignore' });
  const [code] = (await once(child, 'close').catch(() => [1])) as [number | null];
  return code === 0;
}

async function installWithApt({ root, say }: ProvisionOptions, packages: string[]): Promise<void> {
  const script = join(root, 'tools/local-stack/install-with-apt.sh');
  const command = ['/bin/sh', script, ...packages];
  const [program = '', ...args] = process.getuid?.() === 0 ? command : ['sudo', '-n', ...command];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return say(`Installed ${packages.join(', ')}.`);
  throw new StackError(`apt-get could not install ${packages.join(', ')}.`, { detail: lastLines(output) });
}

function lastLines(output: string): string {
  return output.trim().split('\n').slice(-12).join('\n');
}

function complete(programs: Programs): ProvisionedMachine {
  const { postgres, redisServer, zstd } = programs;
  if (postgres.found && redisServer && zstd)
    return { postgres: postgres.programs, redisServer, zstd, monitoring: allOf(programs.monitoring) };
  const missing = [
    !postgres.found && postgres.reason,
    !redisServer && 'No redis-server.',
    !zstd && 'No zstd.',
  ];
  throw new StackError(`Something is missing after the installation: ${missing.filter(Boolean).join(' ')}`);
}

function allOf(monitoring: Programs['monitoring']): MonitoringPrograms | undefined {
  const complete = Object.keys(monitoringPrograms).every((key) => monitoring[key as keyof typeof monitoring]);
  return complete ? (monitoring as MonitoringPrograms) : undefined;
}
