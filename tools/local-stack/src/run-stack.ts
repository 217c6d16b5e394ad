/**
 * The whole life of a local stack, from nothing to its table and back.
 *
 * Everything that is started is a child of one supervisor, and the supervisor is stopped on every way out: when it is
 * asked to stop, when a step fails half-way, when a child keeps dying. So nothing is left running, and the data that
 * is left is what the next start goes on from.
 */
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { bringUp } from './bring-up';
import { endLeftovers } from './running/end-leftovers';
import { layoutOf } from './state/layout';
import type { Layout } from './state/layout';
import { openStateFolder } from './state/open-state-folder';
import { prepareMachine } from './prepare-machine';
import type { PreparedMachine } from './prepare-machine';
import { resetStack } from './reset';
import { restartChanged } from './children/restart-changed';
import { showStack } from './show-stack';
import type { StackContext } from './stack-context';
import { takeLock } from './running/stack-lock';
import { createStateWriter, readState } from './running/state-file';
import type { StackState } from './running/state-file';
import { createSupervisor } from './children/supervise';
import { adminUrl, redisUrl } from './children/urls';
import { watchCode } from './children/watch-code';

/** Runs a stack until it is asked to stop; then resolves. Rejects when it cannot be started or kept running. */
export async function runStack(context: StackContext): Promise<void> {
  const { root, options, output, progress } = context;
  const layout = layoutOf(root, options.stateDir && resolve(options.stateDir));
  await openStateFolder(layout);
  if (options.reset)
    await resetStack(layout, { yes: options.yes, isTerminal: output.isTerminal, say: progress.say });
  const lock = await takeLock(layout.lockFile);
  try {
    const ended = await endLeftovers(await readState(layout.stateFile));
    if (ended.length) progress.say(`Ended what the last start had left running: ${ended.join(', ')}.`);
    await runPrepared(context, layout, await prepareMachine(context, layout));
  } finally {
    await lock.release();
  }
}

async function runPrepared(context: StackContext, layout: Layout, machine: PreparedMachine): Promise<void> {
  const { progress, stop, output } = context;
  let status: StackState['status'] = 'starting';
  const supervisor = createSupervisor({ say: progress.say, changed: () => void state.write() });
  const state = createStateWriter({
    layout,
    ports: machine.facts.ports,
    urls: urlsOf(machine),
    status: () => status,
    children: supervisor.children,
  });
  stop.onForce(supervisor.kill);
  try {
    await bringUp({ machine, supervisor, progress, signal: stop.signal });
    status = 'running';
    await state.write();
    showStack(machine.facts, supervisor.children(), output);
    await untilEnd(context, machine, supervisor);
  } catch (error) {
    // Having been asked to stop half-way is no failure.
    if (!stop.signal.aborted) throw error;
  } finally {
    status = 'stopping';
    await progress.step('stopping everything', supervisor.stop);
    await state.write();
    await rm(layout.stateFile, { force: true });
  }
}

async function untilEnd(
  context: StackContext,
  { facts }: PreparedMachine,
  supervisor: ReturnType<typeof createSupervisor>,
): Promise<void> {
  const { root, rebuild, progress, options, stop } = context;
  const onChange = (): Promise<void> => restartChanged({ rebuild, facts, supervisor, progress });
  const watching = options.watch ? watchCode({ root, onChange }) : undefined;
  const failure = await Promise.race([stop.requested, supervisor.failed]);
  watching?.stop();
  if (failure) throw failure;
}

function urlsOf({ facts }: PreparedMachine): Record<string, string> {
  const { gateway, slack, dispatcher, upstream, prometheus, alertmanager } = facts.ports;
  const monitoring = {
    prometheus: `http://127.0.0.1:${prometheus}`,
    alertmanager: `http://127.0.0.1:${alertmanager}`,
  };
  return {
    gateway: `http://127.0.0.1:${gateway}`,
    dispatcher: `http://127.0.0.1:${dispatcher}`,
    slack: `http://127.0.0.1:${slack}`,
    upstream: `http://127.0.0.1:${upstream}`,
    opsDatabase: adminUrl(facts, 'ops'),
    platformDatabase: adminUrl(facts, 'platform'),
    redis: redisUrl(facts),
    ...(facts.monitoring ? monitoring : {}),
  };
}
