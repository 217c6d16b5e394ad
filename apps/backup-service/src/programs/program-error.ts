import { errorMessage } from '@swfx/errors';

export interface ProgramEnd {
  code?: number | null;
  signal?: NodeJS.Signals | null;
  stderr: string;
  /** Why it could not be started at all. */
  cause?: unknown;
}

/** A program that did not succeed. The message says how it ended and repeats its own complaint. */
export class ProgramError extends Error {
  readonly program: string;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;

  constructor(program: string, end: ProgramEnd) {
    super(sentence(program, end), end.cause === undefined ? undefined : { cause: end.cause });
    this.name = 'ProgramError';
    this.program = program;
    this.signal = end.signal ?? null;
    this.stderr = end.stderr;
  }
}

function sentence(program: string, end: ProgramEnd): string {
  if (end.cause !== undefined) return `${program} cannot be started: ${errorMessage(end.cause)}`;
  const how = end.signal ? `was ended by ${end.signal}` : `failed with code ${end.code}`;
  const complaint = complaintOf(end.stderr);
  return complaint ? `${program} ${how}: ${complaint}` : `${program} ${how}`;
}

/** From the first line that is an error on: what comes before are warnings, what comes after explains it. */
function complaintOf(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const first = lines.findIndex((line) => /error:|fatal:|panic:/i.test(line));
  return lines
    .slice(Math.max(first, 0), Math.max(first, 0) + 4)
    .map((line) => line.replace(/^\w+: error: /, '').trim())
    .join(' ')
    .slice(0, 1_000);
}
