import { createInterface } from 'node:readline/promises';
import { decideConfirmation, type Confirmation } from './decide-confirmation';

/** Makes sure that the person means it; asks on the terminal where there is one. */
export async function confirm(facts: {
  environment: string;
  database: string;
  yes: boolean;
  typed: string | undefined;
}): Promise<Confirmation> {
  const terminal = process.stdin.isTTY === true;
  const first = decideConfirmation({ ...facts, terminal });
  if (first.confirmed || first.ask === undefined) return first;
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const typed = await asking.question(first.ask);
    return decideConfirmation({ ...facts, typed: typed.trim(), terminal });
  } finally {
    asking.close();
  }
}
