import { styleText } from 'node:util';
import type { Environment } from '@swfx/config';
import { isDatabaseUnavailable } from '@swfx/database';
import { formatTable, printJson } from '@swfx/service';
import type { Command } from 'commander';
import { listInstances, type ServiceInstance } from '../list-instances';
import { withDatabase } from '../with-database';
import { askService } from './ask-service';
import { describeService, type ServiceDescription, type ServiceState } from './describe-service';
import { serviceAddresses, type ServiceAddress } from './service-addresses';

/** A service as `status` shows it; `instances` is null while Postgres cannot be asked. */
type ServiceStatus = ServiceAddress & ServiceDescription & { instances: ServiceInstance[] | null };

const colourOf = {
  healthy: 'green',
  unhealthy: 'yellow',
  'not ready': 'yellow',
  down: 'red',
} as const satisfies Record<ServiceState, string>;

/** `status`: whether the platform is well, and what is not. Exit code 1 when anything is not. */
export function addStatusCommand(program: Command, environment: Environment): void {
  program
    .command('status')
    .description('The services: ports, state, version, live instances')
    .option('--json', 'one JSON document, for programs')
    .action((options: { json?: boolean }) => status(environment, options));
}

async function status(environment: Environment, { json }: { json?: boolean }): Promise<void> {
  const addresses = serviceAddresses(environment);
  const [instances, descriptions] = await Promise.all([
    liveInstances(environment),
    Promise.all(addresses.map(async ({ operations }) => describeService(await askService(operations)))),
  ]);
  const services = addresses.map((address, at) => ({
    ...address,
    ...(descriptions[at] as ServiceDescription),
    instances: instances?.filter((instance) => instance.service === address.service) ?? null,
  }));
  const healthy = instances !== null && services.every((service) => service.state === 'healthy');
  if (json) printJson({ healthy, services });
  else process.stdout.write(`${statusTable(services)}\n`);
  if (!instances)
    process.stderr.write('The ops database does not answer, so live instances are not known.\n');
  process.exitCode = healthy ? 0 : 1;
}

/** While Postgres is away the services' own words are what an operator needs, so its absence is an answer here. */
async function liveInstances(environment: Environment): Promise<ServiceInstance[] | null> {
  return withDatabase(environment, listInstances).catch((error: unknown) => {
    if (isDatabaseUnavailable(error)) return null;
    throw error;
  });
}

function statusTable(services: readonly ServiceStatus[]): string {
  return formatTable(services, {
    SERVICE: (row) => row.service,
    PORT: (row) => (row.port === null ? null : String(row.port)),
    OPERATIONS: (row) => new URL(row.operations).host,
    STATE: (row) => styleText(colourOf[row.state], row.state),
    VERSION: (row) => row.version,
    INSTANCES: (row) => (row.instances === null ? '?' : String(row.instances.length)),
    DETAIL: (row) => row.detail ?? '',
  });
}
