import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StackError } from '../screen/stack-error';

export type OperatorCall = {
  root: string;
  /** The app whose operator command it is. */
  app: string;
  args: string[];
  env: Record<string, string>;
  /** What the command reads from its standard input, such as a password. */
  input?: string;
  signal?: AbortSignal;
};

/** Runs an operator command of an app and returns what it printed. Throws `StackError` with its last words. */
export async function runOperator({ root, app, args, env, input, signal }: OperatorCall): Promise<string> {
  const bundle = join(root, 'apps', app, 'dist/operator.js');
  if (!existsSync(bundle)) throw new StackError(`${app} has no operator commands.`);
  const child = spawn(process.execPath, [bundle, ...args], { cwd: root, env, signal, stdio: 'pipe' });
  const printed = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (printed.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (printed.err += chunk.toString()));
  child.stdin.on('error', () => undefined).end(input ?? '');
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return printed.out;
  const words = (printed.err.trim() || printed.out.trim()).split('\n')[0];
  throw new StackError(`\`swfx ${args.slice(0, 2).join(' ')}\` failed: ${words || `exit code ${code}`}`);
}
