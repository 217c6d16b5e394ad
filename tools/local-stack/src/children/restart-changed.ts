import type { Progress } from '../screen/progress';
import { defineServices } from './services';
import type { StackFacts } from './services';
import type { Supervisor } from './supervise';

type Restarting = {
  rebuild: () => Promise<string[]>;
  facts: StackFacts;
  supervisor: Supervisor;
  progress: Progress;
};

/** Rebuilds, and restarts each service whose bundle is another now. Code that does not build changes nothing. */
export async function restartChanged({ rebuild, facts, supervisor, progress }: Restarting): Promise<void> {
  const changed = await rebuild().catch((error: Error) => progress.say(error.message));
  const services = defineServices(facts).filter(({ project }) =>
    changed?.some((name) => project.endsWith(`/${name}`)),
  );
  for (const { name } of services) progress.say(`${name} has changed; restarting it.`);
  await Promise.all(services.map(({ name }) => supervisor.restart(name)));
}
