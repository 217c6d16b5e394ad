/**
 * Alerts that come at the same time are kept together: while one batch is on its way to Postgres the next gathers. So a
 * flood costs few transactions and one connection, and delivery, which needs the others, goes on. An alert that comes
 * alone waits for nobody.
 */
import type { Alert } from '@swfx/alerts';
import { AppError } from '@swfx/errors';

export type Accept = (alerts: readonly Alert[]) => Promise<void>;

interface Waiting {
  alerts: readonly Alert[];
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** As many as one statement stores at once; a single post may hold more. */
const mostTogether = 1_000;

/** Makes one that accepts together of one that accepts what it is given, all or none. */
export function acceptTogether(accept: Accept): Accept {
  const waiting: Waiting[] = [];
  let running = false;

  async function run(): Promise<void> {
    running = true;
    for (let batch = nextBatch(waiting); batch.length > 0; batch = nextBatch(waiting)) await keep(batch);
    running = false;
  }

  async function keep(batch: readonly Waiting[]): Promise<void> {
    try {
      await accept(batch.flatMap(({ alerts }) => alerts));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      // No place for any of them; or one that cannot be stored, for which the others must not suffer.
      if (batch.length === 1 || error instanceof AppError) for (const { reject } of batch) reject(error);
      else for (const { alerts, resolve, reject } of batch) await accept(alerts).then(resolve, reject);
    }
  }

  return (alerts) =>
    new Promise((resolve, reject) => {
      waiting.push({ alerts, resolve, reject });
      if (!running) void run();
    });
}

function nextBatch(waiting: Waiting[]): Waiting[] {
  let size = 0;
  const end = waiting.findIndex(({ alerts }, index) => (size += alerts.length) > mostTogether && index > 0);
  return waiting.splice(0, end < 0 ? waiting.length : end);
}
