import type { Output } from './progress';

/** Standard output as the stack's progress and tables need it. */
export function standardOutput(): Output {
  // Whoever read this may be gone (a closed terminal, `| head`); the stack goes on without a reader.
  process.stdout.on('error', () => undefined);
  const isTerminal = Boolean(process.stdout.isTTY) && process.env['TERM'] !== 'dumb';
  return {
    write: (text) => void process.stdout.write(text),
    isTerminal,
    hasColour: isTerminal && !process.env['NO_COLOR'],
  };
}
