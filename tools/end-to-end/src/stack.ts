/**
 * A whole stack of its own for a test: `npm start` on free ports, in a folder of its own, as a user runs it. What a
 * test sees of it is what a user sees: its output, its state file, its ports, and the commands that it prints.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { spawnServer, waitUntil } from '@swfx/testkit';

export const repository = resolve(__dirname, '../../..');

/** What `npm start` writes about itself, as far as tests read it. */
export interface StackState {
  pid: number;
  ports: Record<PortName, number>;
  children: { name: string; state: string; pid?: number }[];
}
type PortName =
  | 'gateway'
  | 'gatewayOperations'
  | 'rotationOperations'
  | 'backupAdmin'
  | 'backupOperations'
  | 'dispatcher'
  | 'dispatcherOperations'
  | 'upstream'
  | 'slack'
  | 'postgres'
  | 'redis'
  | 'prometheus'
  | 'alertmanager';

export interface Stack {
  folder: string;
  output(): string;
  state(): StackState;
  secrets(): { demoPassword: string; postgresPassword: string };
  url(port: PortName, path?: string): string;
  /** The process id of a child by its name in the table. */
  pidOf(name: string): number | undefined;
  /** Runs a command line as a user would paste it, from the stack's folder; `swfx` and `curl` find this stack. */
  shell(line: string): Promise<{ code: number; stdout: string; stderr: string }>;
  /** Sends a signal to `npm start` and waits for its end. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  /** Ends it if it still runs, and removes its folder. */
  remove(): Promise<void>;
}

export interface StackOptions {
  /** One that another start has left; it stays when this start fails. */
  folder?: string;
  /** On the ports that a user gets, unless somebody has them. */
  usualPorts?: boolean;
  env?: Record<string, string>;
  /** With Prometheus, Alertmanager and the exporters. */
  monitoring?: boolean;
}

/** Starts a stack and waits for its table. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  if (!options.usualPorts) return startWith(['--free-ports'], options);
  return startWith([], options).catch((error: Error) => {
    if (!/ports of the stack are taken/.test(error.message)) throw error;
    return startWith(['--free-ports'], options);
  });
}

async function startWith(ports: string[], options: StackOptions): Promise<Stack> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'swfx-stack-'));
  const settings = Object.entries(options.env ?? {}).flatMap(([name, value]) => [
    '--env',
    `${name}=${value}`,
  ]);
  const args = [
    'tools/local-stack/bin/start.mjs',
    '--yes',
    ...ports,
    '--state-dir',
    folder,
    ...(options.monitoring ? ['--monitoring'] : []),
    ...settings,
  ];
  // As a server: a test run that is killed must not leave a stack behind.
  const { child, exited } = await spawnServer({
    program: process.execPath,
    args,
    cwd: repository,
    env: process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const stack = stackOf(folder, child, exited, () => output);
  try {
    await waitUntil(() => settled(child, output), {
      timeoutMs: 200_000,
      intervalMs: 100,
      describe: 'npm start shows its table',
    });
    if (child.exitCode !== null) throw new Error(`it ended with exit code ${child.exitCode}`);
    return stack;
  } catch (error) {
    await (options.folder ? stack.end('SIGTERM') : stack.remove());
    throw new Error(`the stack did not start:\n${output}`, { cause: error });
  }
}

/** True also when it has ended, which needs no waiting for. */
function settled(child: ChildProcess, output: string): boolean {
  return child.exitCode !== null || /Ctrl-C stops everything/.test(output);
}

function stackOf(
  folder: string,
  child: ChildProcess,
  exited: Promise<{ code: number | null }>,
  output: () => string,
): Stack {
  const json = <T>(name: string): T => JSON.parse(readFileSync(join(folder, name), 'utf8')) as T;
  const stack: Stack = {
    folder,
    output,
    state: () => json<StackState>('state.json'),
    secrets: () => json<ReturnType<Stack['secrets']>>('secrets.json'),
    url: (port, path = '/') => `http://127.0.0.1:${stack.state().ports[port]}${path}`,
    pidOf: (name) => stack.state().children.find((child) => child.name.startsWith(name))?.pid,
    shell: (line) => runShell(stack, line),
    async end(signal) {
      child.kill(signal);
      return (await exited).code;
    },
    async remove() {
      if (child.exitCode === null && child.signalCode === null) await stack.end('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return stack;
}

/**
 * The seed's lines name `localhost:9090` and `/var/log/audit.log`, which belong to a deployment; the functions here
 * lead the same words, unchanged, to this stack.
 */
function shellPrelude(stack: Stack): string {
  const { ports } = stack.state();
  const moved: Record<number, number> = {
    8000: ports.gateway,
    8002: ports.backupAdmin,
    9090: ports.rotationOperations,
    9091: ports.prometheus,
    9093: ports.alertmanager,
    9101: ports.gatewayOperations,
    9102: ports.backupOperations,
    9103: ports.dispatcherOperations,
  };
  const connect = Object.entries(moved).map(([from, to]) => `--connect-to localhost:${from}:127.0.0.1:${to}`);
  const audit = join(stack.folder, 'logs/audit.log');
  return `
    set -o pipefail
    curl() { command curl ${connect.join(' ')} "$@"; }
    amtool() { command amtool "\${@/localhost:9093/127.0.0.1:${ports.alertmanager}}"; }
    grep() { command grep "\${@/#\\/var\\/log\\/audit.log/${audit}}"; }
    head() { command head "\${@/#\\/var\\/log\\/audit.log/${audit}}"; }
    npx() { shift; swfx "$@"; }
    swfx() { SWFX_STATE_DIR='${stack.folder}' node '${repository}/tools/swfx/bin/swfx.mjs' "$@"; }
  `;
}

async function runShell(
  stack: Stack,
  line: string,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn('bash', ['-c', `${shellPrelude(stack)}\n${line}`], {
    cwd: stack.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number>((done) => child.once('close', (exitCode) => done(exitCode ?? -1)));
  return { code, stdout, stderr };
}
