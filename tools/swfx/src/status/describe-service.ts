import type { ServiceAnswer } from './ask-service';

/** `down`: it cannot be heard. `not ready`: it cannot do its work now. `unhealthy`: it can, and a check fails. */
export type ServiceState = 'healthy' | 'unhealthy' | 'not ready' | 'down';

export interface ServiceDescription {
  state: ServiceState;
  version: string | null;
  /** The names of the checks that fail. */
  failed_checks: string[];
  /** Why the state is not `healthy`, for people. */
  detail: string | null;
}

/** One service's state, from what it says of itself. */
export function describeService(answer: ServiceAnswer): ServiceDescription {
  if (!answer.heard) return { state: 'down', version: null, failed_checks: [], detail: answer.reason };
  const { health, readiness } = answer;
  const failed = Object.keys(health.checks).filter((name) => health.checks[name] !== 'healthy');
  const details = failed.map((name) => `${name} ${health.checks[name]}`);
  if (!readiness.ready) details.unshift(readiness.reason ?? 'not ready');
  return {
    state: readiness.ready ? health.status : 'not ready',
    version: health.version,
    failed_checks: failed,
    detail: details.join('; ') || null,
  };
}
