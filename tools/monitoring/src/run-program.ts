import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Runs a program to its end; `output` is what it wrote to both streams. A program that is not there is code 127. */
export async function runProgram(program: string, args: string[]): Promise<{ code: number; output: string }> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close').catch(() => [127])) as [number | null];
  return { code: code ?? -1, output };
}
