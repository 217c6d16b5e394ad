/** From an empty machine to a stack in which every metric, log and query has something to say, step by step. */
import { loadSamplePlatform } from '@swfx/sample-platform';
import { prepareDatabases } from './first-run/databases';
import { addDemoUser, backUpPlatform, demoEmail, rotateKeys } from './first-run/first-run';
import { monitoringChildren } from './children/monitoring-children';
import { writeMonitoringFiles } from './children/monitoring-files';
import type { PreparedMachine } from './prepare-machine';
import type { Progress } from './screen/progress';
import { defineServices, operatorEnvironment, serviceChild } from './children/services';
import type { StackFacts } from './children/services';
import type { Supervisor } from './children/supervise';
import { untilScraped } from './children/until-scraped';
import { adminUrl } from './children/urls';
import { writePrivateFile } from './state/write-private-file';

type FirstRun = Pick<BringUp, 'progress' | 'signal'> & { facts: StackFacts; step: Progress['step'] };
type StartMonitoring = Pick<BringUp, 'supervisor' | 'signal'> & Pick<FirstRun, 'facts' | 'step'>;
type BringUp = { machine: PreparedMachine; supervisor: Supervisor; progress: Progress; signal: AbortSignal };

/** Resolves when every child is ready. Rejects when a step fails or `signal` aborts; the caller stops what runs. */
export async function bringUp({ machine, supervisor, progress, signal }: BringUp): Promise<void> {
  const { facts, postgres, redis } = machine;
  const aborted = rejectOnAbort(signal);
  const step: Progress['step'] = (name, work) => {
    signal.throwIfAborted();
    return Promise.race([progress.step(name, work), aborted]);
  };
  await step(`${postgres.name}, ${redis.name}`, () => startAll(supervisor, [postgres, redis]));
  await step('databases', async () => {
    await prepareDatabases(facts);
    await writeOperatorFile(facts);
  });
  await step('sample platform', async (note) => {
    await loadSamplePlatform({ databaseUrl: adminUrl(facts, 'platform'), onProgress: note });
  });
  await startServices(facts, supervisor, step);
  await startMonitoring({ facts, supervisor, step, signal });
  await firstRun({ facts, step, progress, signal });
}

async function startAll(
  supervisor: Supervisor,
  children: Parameters<Supervisor['start']>[0][],
): Promise<void> {
  await Promise.all(children.map((child) => supervisor.start(child)));
}

/** Helpers first, the dispatcher before those that have something to report, each tier at once. */
async function startServices(
  facts: StackFacts,
  supervisor: Supervisor,
  step: Progress['step'],
): Promise<void> {
  const services = defineServices(facts);
  for (const tier of [...new Set(services.map((service) => service.tier))].sort()) {
    const ofTier = services.filter((service) => service.tier === tier);
    const children = ofTier.map((service) => serviceChild(service, facts));
    await step(ofTier.map(({ name }) => name).join(', '), () => startAll(supervisor, children));
  }
}

/** Before the first rotation and backup, so that Prometheus sees their counters move. */
async function startMonitoring({ facts, supervisor, step, signal }: StartMonitoring): Promise<void> {
  const { monitoring } = facts;
  if (!monitoring) return;
  await step('Prometheus, Alertmanager, exporters', async (note) => {
    await writeMonitoringFiles(facts);
    await startAll(supervisor, monitoringChildren(facts, monitoring));
    note('the first scrapes');
    await untilScraped(facts.ports.prometheus, signal);
  });
}

/** A rotation or a backup that fails is said and goes to Slack; the stack runs, so that the cause can be looked for. */
async function firstRun({ facts, step, progress, signal }: FirstRun): Promise<void> {
  const context = { root: facts.layout.root, env: operatorEnvironment(facts), signal };
  await step(`user ${demoEmail}`, () => addDemoUser(context, facts.secrets.demoPassword));
  const work = [rotateKeys(context), backUpPlatform(context)];
  await step('a rotation of the signing keys, a backup of the platform', () => Promise.all(work)).catch(
    () => undefined,
  );
  signal.throwIfAborted();
  for (const outcome of await Promise.allSettled(work)) {
    if (outcome.status === 'rejected') progress.say(`    ${(outcome.reason as Error).message}`);
  }
}

/** For `swfx`: the operator's environment, one NAME=value a line. */
async function writeOperatorFile(facts: StackFacts): Promise<void> {
  const lines = Object.entries(operatorEnvironment(facts)).map(([name, value]) => `${name}=${value}`);
  await writePrivateFile(facts.layout.operatorFile, `${lines.join('\n')}\n`);
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  // It may come when no step is waiting.
  aborted.catch(() => undefined);
  return aborted;
}
