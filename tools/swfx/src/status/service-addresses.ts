/**
 * Where the services are. The local stack writes down what it started; elsewhere SWFX_SERVICES says it; without
 * either they are where a service listens by default, on this machine.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '@swfx/config';
import { AppError } from '@swfx/errors';
import { z } from 'zod';

export interface ServiceAddress {
  service: string;
  /** The public port, where it has one that is known. */
  port: number | null;
  /** Base URL of the operations listener. */
  operations: string;
}

/** The ports by the names that the local stack gives them; here the published ones. */
const publishedPorts = {
  gateway: 8000,
  gatewayOperations: 9101,
  rotationOperations: 9090,
  backupOperations: 9102,
  dispatcher: 8003,
  dispatcherOperations: 9103,
};

const port = z.number().int();
const stackState = z.object({
  ports: z.object({
    gateway: port,
    gatewayOperations: port,
    rotationOperations: port,
    backupOperations: port,
    dispatcher: port,
    dispatcherOperations: port,
  }),
});

/** The services to ask, in the order in which they are shown. */
export function serviceAddresses(environment: Environment): ServiceAddress[] {
  const listed = environment['SWFX_SERVICES'];
  if (listed) return parseServiceList(listed);
  const file = join(environment['SWFX_STATE_DIR'] ?? '.swfx', 'state.json');
  return existsSync(file) ? readStackState(file) : onThisMachine(publishedPorts);
}

function readStackState(file: string): ServiceAddress[] {
  try {
    return parseStackState(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file} cannot be understood: run npm start again.`, { cause: error });
  }
}

/** Reads `api-gateway=http://gateway:9101,backup-service=http://backup:9102`. */
export function parseServiceList(text: string): ServiceAddress[] {
  return text.split(',').map((entry) => {
    const [service = '', operations = ''] = entry.trim().split(/=(.*)/s);
    if (!service || !URL.canParse(operations))
      throw new AppError(
        'invalid_configuration',
        `SWFX_SERVICES must be a list of name=URL; "${entry}" is not one`,
      );
    return { service, port: null, operations: operations.replace(/\/+$/, '') };
  });
}

/** Reads what the local stack wrote about itself. */
export function parseStackState(text: string): ServiceAddress[] {
  return onThisMachine(stackState.parse(JSON.parse(text)).ports);
}

function onThisMachine(ports: typeof publishedPorts): ServiceAddress[] {
  const address = (service: string, port: number | null, operationsPort: number) => ({
    service,
    port,
    operations: `http://127.0.0.1:${operationsPort}`,
  });
  return [
    address('api-gateway', ports.gateway, ports.gatewayOperations),
    address('key-rotation-service', null, ports.rotationOperations),
    address('backup-service', null, ports.backupOperations),
    address('alert-dispatcher', ports.dispatcher, ports.dispatcherOperations),
  ];
}
