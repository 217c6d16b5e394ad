import { paint } from './paint';

/** Where progress is written, and how: with colours and a line that changes on a terminal, plain lines in a pipe. */
export type Output = { write: (text: string) => void; isTerminal: boolean; hasColour: boolean };

export type Progress = {
  /** Runs `work` as a step with a name; shows that it runs, beside others, and then its seconds or that it failed. */
  step: <T>(name: string, work: (note: (text: string) => void) => Promise<T>) => Promise<T>;
  /** A line between the steps. */
  say: (line: string) => void;
};

export function createProgress(output: Output, now: () => number = Date.now): Progress {
  const colour = paint(output.hasColour);
  /** What runs, by the name of its step. */
  const open = new Map<string, string>();
  let isShown = false;
  const redraw = (line?: string): void => {
    if (isShown) output.write('\r\u001b[K');
    if (line !== undefined) output.write(`${line}\n`);
    isShown = open.size > 0 && output.isTerminal;
    if (isShown) output.write(colour.dim(`  · ${[...open.values()].join(', ')} …`));
  };
  const show = (name: string, text: string): void => {
    open.set(name, text);
    redraw();
  };
  const finish = (name: string, mark: string, tookMs: number): void => {
    open.delete(name);
    redraw(`  ${mark} ${name} ${colour.dim(seconds(tookMs))}`);
  };
  return {
    say: redraw,
    step: async (name, work) => {
      const started = now();
      show(name, name);
      try {
        const result = await work((text) => show(name, `${name}: ${text}`));
        finish(name, colour.green('✓'), now() - started);
        return result;
      } catch (error) {
        finish(name, colour.red('✗'), now() - started);
        throw error;
      }
    },
  };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
