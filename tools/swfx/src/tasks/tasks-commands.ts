import { styleText } from 'node:util';
import type { Environment } from '@swfx/config';
import { formatTable, printJson } from '@swfx/service';
import type { Command } from 'commander';
import { distance, span } from '../distance';
import { listInstances, type ServiceInstance } from '../list-instances';
import { withDatabase } from '../with-database';
import { listSchedules, type ScheduleRow } from './list-schedules';

/** `tasks list`: what comes due by itself, and who is there to do it. */
export function addTasksCommands(program: Command, environment: Environment): void {
  program
    .command('tasks')
    .description('Background tasks.')
    .command('list')
    .description('The schedules with their next runs, and the live workers')
    .option('--json', 'one JSON document, for programs')
    .action((options: { json?: boolean }) => tasksList(environment, options));
}

async function tasksList(environment: Environment, { json }: { json?: boolean }): Promise<void> {
  const { schedules, workers } = await withDatabase(environment, async (pool) => {
    const workers = (await listInstances(pool)).filter((instance) => instance.tasks.length > 0);
    const schedules = await listSchedules(pool);
    return {
      schedules: schedules.map((schedule) => ({ ...schedule, ...staffing(schedule, workers) })),
      workers,
    };
  });
  if (json) return printJson({ schedules, workers });
  process.stdout.write(`${schedulesText(schedules)}\n\n${workersText(workers)}\n`);
}

/** Whether anybody alive would run a schedule: some worker of the service that it belongs to. */
export function staffing(
  schedule: Pick<ScheduleRow, 'service'>,
  workers: readonly Pick<ServiceInstance, 'service'>[],
): { live_workers: number } {
  return { live_workers: workers.filter((worker) => worker.service === schedule.service).length };
}

function schedulesText(schedules: readonly (ScheduleRow & { live_workers: number })[]): string {
  if (schedules.length === 0) return 'There are no schedules yet: a service writes its own when it starts.';
  return formatTable(schedules, {
    SCHEDULE: (row) => row.name,
    SERVICE: (row) => row.service,
    CRON: (row) => row.cron,
    'LAST RUN': (row) => (row.last_run_age_seconds === null ? 'never' : distance(-row.last_run_age_seconds)),
    'NEXT RUN': (row) => nextRunText(row.next_run_in_seconds),
    WORKERS: (row) => (row.live_workers > 0 ? String(row.live_workers) : styleText('red', 'no live worker')),
  });
}

function nextRunText(inSeconds: number): string {
  return inSeconds < 0 ? styleText('yellow', `due for ${span(inSeconds)}`) : distance(inSeconds);
}

function workersText(workers: readonly ServiceInstance[]): string {
  if (workers.length === 0) return styleText('red', 'No worker is alive.');
  return formatTable(workers, {
    WORKER: (row) => row.service,
    HOST: (row) => row.host,
    PID: (row) => row.pid,
    TASKS: (row) => row.tasks.join(', '),
    HEARTBEAT: (row) => distance(-row.heartbeat_age_seconds),
  });
}
