import type { Environment } from '@swfx/config';
import { withOperatorFoundation, type Foundation } from '@swfx/service';

/** Runs a command's work on the ops database and Redis, and closes both. */
export function withFoundation<T>(
  environment: Environment,
  work: (foundation: Foundation) => Promise<T>,
): Promise<T> {
  return withOperatorFoundation({ service: 'backup-service', environment }, work);
}
