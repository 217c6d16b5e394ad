/**
 * Turns any number of hints into few polls: one at once, and one more if hints came while it ran, so that what the
 * last of them told of is seen too.
 */
export function createPollSoon(poll: () => Promise<void>): () => void {
  let running = false;
  let again = false;
  async function run(): Promise<void> {
    running = true;
    do {
      again = false;
      await poll();
    } while (again);
    running = false;
  }
  return () => {
    again = running;
    if (!running) void run();
  };
}
