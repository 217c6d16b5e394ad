import { paint } from './paint';

/** Where progress is written, and how: with colours and a line that changes on a terminal, plain lines in a pipe. */
export type Output = { write: (text: string) => void; isTerminal: boolean; hasColour: boolean };

export type Progress = {
  /** Runs `work` as a step with a name; shows that it runs, and then its seconds or that it failed. */
  step: <T>(name: string, work: (note: (text: string) => void) => Promise<T>) => Promise<T>;
  /** A line between the steps. */
  say: (line: string) => void;
};

export function createProgress(output: Output, now: () => number = Date.now): Progress {
  const colour = paint(output.hasColour);
  let open: string | undefined;
  const clear = (): void => {
    if (open !== undefined && output.isTerminal) output.write('\r\u001b[K');
  };
  const show = (text: string): void => {
    clear();
    open = text;
    if (output.isTerminal) output.write(colour.dim(`  · ${text} …`));
  };
  const finish = (line: string): void => {
    clear();
    open = undefined;
    output.write(`${line}\n`);
  };
  return {
    say: (line) => {
      const current = open;
      finish(line);
      if (current !== undefined) show(current);
    },
    step: async (name, work) => {
      const started = now();
      show(name);
      try {
        const result = await work((text) => show(`${name}: ${text}`));
        finish(`  ${colour.green('✓')} ${name} ${colour.dim(seconds(now() - started))}`);
        return result;
      } catch (error) {
        finish(`  ${colour.red('✗')} ${name} ${colour.dim(seconds(now() - started))}`);
        throw error;
      }
    },
  };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
