import type { Environment } from '@swfx/config';
import { withOperatorFoundation, type Foundation } from '@swfx/service';

export interface OperatorContext {
  environment: Environment;
  stdin: AsyncIterable<unknown>;
  /** Tests, which run several commands in one process, pass a new one each time. */
  registry?: Foundation['metrics']['registry'];
}

/** Opens what a command stands on for as long as its work takes. */
export function withFoundation<T>(
  { environment, registry }: OperatorContext,
  work: (foundation: Foundation) => Promise<T>,
): Promise<T> {
  return withOperatorFoundation({ service: 'api-gateway', environment, registry }, work);
}
