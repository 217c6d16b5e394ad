import { commandsToTry } from './commands-to-try';
import { demoEmail } from './first-run/first-run';
import { monitoringNames } from './children/monitoring-children';
import type { MonitoringPort } from './children/monitoring-children';
import { paint } from './screen/paint';
import type { Output } from './screen/progress';
import { defineServices } from './children/services';
import type { StackFacts } from './children/services';
import type { ChildStatus } from './children/supervise';
import { renderTable } from './screen/table';
import type { TableRow } from './screen/table';

/** What is shown when everything runs: the table, how to log in, and five commands to try. */
export function showStack(facts: StackFacts, children: ChildStatus[], output: Output): void {
  const colour = paint(output.hasColour);
  const { layout, ports, secrets } = facts;
  const commands = commandsToTry(layout, ports, secrets.demoPassword).map((command) => `  ${command}`);
  const lines = [
    '',
    renderTable(tableRows(facts, children), output.hasColour),
    '',
    `  ${demoEmail} logs in with ${secrets.demoPassword}; Slack is at http://localhost:${ports.slack}/; logs are in ${layout.logsDir}.`,
    '',
    colour.bold(`To try, in ${layout.root}:`),
    ...commands,
    '',
    colour.dim('Ctrl-C stops everything.'),
    '',
  ];
  output.write(lines.join('\n'));
}

/** The rows of the table: services in the order of the contract, then the two engines and what watches. Pure. */
export function tableRows(facts: StackFacts, children: ChildStatus[]): TableRow[] {
  const stateOf = (name: string): string => children.find((child) => child.name === name)?.state ?? 'stopped';
  const postgres = `Postgres ${facts.machine.postgres.major}`;
  return [
    ...defineServices(facts).map(({ name, ports }) => ({ service: name, ports, state: stateOf(name) })),
    { service: postgres, ports: String(facts.ports.postgres), state: stateOf(postgres) },
    { service: 'Redis', ports: String(facts.ports.redis), state: stateOf('Redis') },
    ...monitoringRows(facts, stateOf),
  ];
}

function monitoringRows({ monitoring, ports }: StackFacts, stateOf: (name: string) => string): TableRow[] {
  if (!monitoring) return [];
  return Object.entries(monitoringNames).map(([port, service]) => ({
    service,
    ports: String(ports[port as MonitoringPort]),
    state: stateOf(service),
  }));
}
