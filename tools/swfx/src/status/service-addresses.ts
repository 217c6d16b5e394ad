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

const published: ServiceAddress[] = [
  { service: 'api-gateway', port: 8000, operations: 'http://127.0.0.1:9101' },
  { service: 'key-rotation-service', port: null, operations: 'http://127.0.0.1:9090' },
  { service: 'backup-service', port: null, operations: 'http://127.0.0.1:9102' },
  { service: 'alert-dispatcher', port: 8003, operations: 'http://127.0.0.1:9103' },
];

const stackState = z.object({
  services: z.array(
    z.object({
      name: z.string(),
      port: z.number().int().nullish(),
      operationsPort: z.number().int().nullish(),
    }),
  ),
});

/** The services to ask, in the order in which they are shown. */
export function serviceAddresses(environment: Environment): ServiceAddress[] {
  const listed = environment['SWFX_SERVICES'];
  if (listed) return parseServiceList(listed);
  const file = join(environment['SWFX_STATE_DIR'] ?? '.swfx', 'state.json');
  return existsSync(file) ? readStackState(file) : published;
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

/** Reads what the local stack wrote about the services that it started. */
export function parseStackState(text: string): ServiceAddress[] {
  return stackState
    .parse(JSON.parse(text))
    .services.flatMap(({ name, port, operationsPort }) =>
      operationsPort
        ? [{ service: name, port: port ?? null, operations: `http://127.0.0.1:${operationsPort}` }]
        : [],
    );
}
