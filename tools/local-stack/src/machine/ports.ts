import { freePort, isPortFree } from '@swfx/postgres-server';

/** Every port of the stack: those of the published contract, and two of our own that nobody else tends to use. */
export const usualPorts = {
  gateway: 8000,
  gatewayOperations: 9101,
  rotationOperations: 9090,
  backupAdmin: 8002,
  backupOperations: 9102,
  dispatcher: 8003,
  dispatcherOperations: 9103,
  upstream: 8001,
  slack: 8004,
  postgres: 15432,
  redis: 16379,
  prometheus: 9091,
  alertmanager: 9093,
  postgresExporter: 9187,
  redisExporter: 9121,
};

export type Ports = typeof usualPorts;

/** Those that only `--monitoring` listens on. */
export const monitoringPorts = ['prometheus', 'alertmanager', 'postgresExporter', 'redisExporter'] as const;

/** A free port for each name, no two the same. */
export async function freePorts(): Promise<Ports> {
  const taken = new Set<number>();
  const names = Object.keys(usualPorts) as (keyof Ports)[];
  const ports: Partial<Ports> = {};
  for (const name of names) ports[name] = await otherFreePort(taken);
  return ports as Ports;
}

async function otherFreePort(taken: Set<number>): Promise<number> {
  const port = await freePort();
  if (taken.has(port)) return otherFreePort(taken);
  taken.add(port);
  return port;
}

/** The ports that cannot be listened on at 127.0.0.1 because somebody already does. */
export async function takenPorts(ports: Partial<Ports>): Promise<number[]> {
  const all = Object.values(ports);
  const free = await Promise.all(all.map(isPortFree));
  return all.filter((_, index) => !free[index]);
}
