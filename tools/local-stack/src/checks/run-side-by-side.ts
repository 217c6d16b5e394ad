/** A piece of work among others. */
export type SideTask = {
  name: string;
  /** The name of another, listed before, that has to succeed first. */
  needs?: string;
};

export type SideOutcome = 'passed' | 'failed' | 'left out';

/**
 * Runs tasks in the order of the list, at most `limit` at once, and resolves with how each ended. One that waits for
 * another lets those behind it go ahead; if what it needs did not pass, it is left out.
 */
export async function runSideBySide<Task extends SideTask>(
  tasks: readonly Task[],
  limit: number,
  run: (task: Task) => Promise<boolean>,
): Promise<Map<string, SideOutcome>> {
  const outcomes = new Map<string, SideOutcome>();
  const running = new Map<string, Promise<void>>();
  let waiting = [...tasks];
  while (waiting.length + running.size > 0) {
    const next = running.size < limit && waiting.find(({ needs }) => !needs || outcomes.has(needs));
    if (!next) {
      await Promise.race(running.values());
      continue;
    }
    waiting = waiting.filter((task) => task !== next);
    if (next.needs && outcomes.get(next.needs) !== 'passed') outcomes.set(next.name, 'left out');
    else running.set(next.name, follow(next));
  }
  return outcomes;

  async function follow(task: Task): Promise<void> {
    const passed = await run(task);
    outcomes.set(task.name, passed ? 'passed' : 'failed');
    running.delete(task.name);
  }
}
