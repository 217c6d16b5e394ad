/**
 * What packs dumps: zstd, which is better at it in every way, or gzip, which every machine has. A zstd that is there and
 * does not run, for want of a library, counts as missing. What packed a dump is in its manifest, so that a machine
 * with other programs says what it lacks.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findProgram } from './find-program';

export const compressions = ['zstd', 'gzip'] as const;
export type CompressionName = (typeof compressions)[number];

/** A program that reads one end of a pipe and writes the other, with its arguments. */
export interface Filter {
  program: string;
  args: readonly string[];
}

export interface Compression extends Filter {
  name: CompressionName;
}

export interface CompressionSettings {
  /** As zstd counts them, 1 to 19; gzip has none above 9. */
  level: number;
  /** Of zstd; 0 means as many as there are cores. */
  threads: number;
}

/** The best compression that works on this machine; undefined when it has none. */
export async function findCompression(
  path: string,
  settings: CompressionSettings,
): Promise<Compression | undefined> {
  for (const name of compressions) {
    const program = await findWorking(name, path);
    if (program) return { name, program, args: packing[name](settings) };
  }
  return undefined;
}

/** What unpacks a dump that was packed so; undefined when it is not installed, or does not run. */
export async function findExpansion(name: CompressionName, path: string): Promise<Filter | undefined> {
  const program = await findWorking(name, path);
  return program === undefined ? undefined : { program, args: unpacking[name] };
}

const packing: Record<CompressionName, (settings: CompressionSettings) => string[]> = {
  zstd: ({ level, threads }) => [`-${level}`, ...(threads === 1 ? [] : [`-T${threads}`]), '-q', '-c'],
  gzip: ({ level }) => [`-${Math.min(level, 9)}`, '-c'],
};

const unpacking: Record<CompressionName, string[]> = {
  zstd: ['-d', '-q', '-c'],
  gzip: ['-d', '-c'],
};

async function findWorking(name: CompressionName, path: string): Promise<string | undefined> {
  const program = await findProgram(name, path);
  if (!program) return undefined;
  const says = promisify(execFile)(program, ['--version'], { env: {}, timeout: 10_000 });
  return says.then(
    () => program,
    () => undefined,
  );
}
