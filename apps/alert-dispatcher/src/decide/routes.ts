/**
 * Where an incident is told. The routes are read in order and every one that matches adds its destinations; what none
 * matches goes to the default. News of a destination that refuses everything never goes to that destination. The
 * heartbeat's destination gets the heartbeat, and nothing else.
 */
import { z } from 'zod';
import { heartbeatDestination, heartbeatIncident } from '../heartbeat/heartbeat-alert';
import { matchesPattern } from './matches-pattern';

const words = z.array(z.string().min(1)).min(1);

/** One route: each part of `match` that is given must fit; a text may hold `*` for any text. */
export const routeSchema = z.strictObject({
  match: z
    .strictObject({
      severity: words.optional(),
      service: words.optional(),
      /** By a field of the alert's context, which is where Alertmanager's labels are. */
      labels: z.record(z.string(), z.string()).optional(),
    })
    .default({}),
  to: words,
  /** Told this many seconds later, and only if nobody has acknowledged the incident by then. */
  afterSeconds: z.int().min(1).max(86_400).optional(),
});

export type Route = z.output<typeof routeSchema>;

/** What routes look at. */
export interface RoutedAlert {
  key: string;
  severity: string;
  service: string;
  context: Record<string, string>;
}

/** A destination that is told of an incident, at once or if nobody has acknowledged it after some time. */
export interface RouteTarget {
  destination: string;
  afterSeconds: number;
}

export interface RoutePolicy {
  routes: readonly Route[];
  /** The destinations that are served: none while alerting is off, whatever the routes name. */
  destinations: readonly string[];
  fallback: string | undefined;
}

export const destinationIncidentPrefix = 'destination:';

/** Every destination of an incident, each once, at the earliest time that a route asks for. */
export function routesOf(alert: RoutedAlert, policy: RoutePolicy): RouteTarget[] {
  if (alert.key === heartbeatIncident)
    return policy.destinations
      .filter((name) => name === heartbeatDestination)
      .map((destination) => ({ destination, afterSeconds: 0 }));
  const served = new Set(policy.destinations);
  const itself = alert.key.startsWith(destinationIncidentPrefix)
    ? alert.key.slice(destinationIncidentPrefix.length)
    : undefined;
  if (itself !== undefined && policy.fallback && policy.fallback !== itself && served.has(policy.fallback))
    return [{ destination: policy.fallback, afterSeconds: 0 }];
  const matching = policy.routes.filter((route) => fits(route.match, alert));
  const wanted = matching.flatMap(({ to, afterSeconds = 0 }) =>
    to.map((destination) => ({ destination, afterSeconds })),
  );
  const [first] = policy.destinations.filter((name) => name !== heartbeatDestination);
  const targets = wanted.length > 0 || !first ? wanted : [{ destination: first, afterSeconds: 0 }];
  return earliestOf(targets.filter(({ destination }) => destination !== itself && served.has(destination)));
}

function earliestOf(targets: readonly RouteTarget[]): RouteTarget[] {
  const byName = new Map<string, RouteTarget>();
  for (const target of targets) {
    const known = byName.get(target.destination);
    if (!known || target.afterSeconds < known.afterSeconds) byName.set(target.destination, target);
  }
  return [...byName.values()];
}

function fits({ severity, service, labels }: Route['match'], alert: RoutedAlert): boolean {
  return (
    (!severity || severity.includes(alert.severity)) &&
    (!service || service.some((pattern) => matchesPattern(pattern, alert.service))) &&
    Object.entries(labels ?? {}).every(([name, pattern]) =>
      matchesPattern(pattern, alert.context[name] ?? ''),
    )
  );
}
