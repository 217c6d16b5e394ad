/**
 * Which paths are the platform's, and what a caller must hold to use them. Everything that no route claims belongs
 * to the gateway itself. A path is compared as a careless upstream would read it (letters of either case, without
 * `;parameters`), so that no spelling of a path asks for less than the path itself does.
 */
import { z } from 'zod';

/** RFC 6749 §3.3: what a scope may be made of. */
const scope = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, { error: 'must be one scope, without spaces' });
const ownPaths = ['/auth', '/admin', '/health', '/.well-known', '/openapi.json'];

const routeSchema = z.strictObject({
  prefix: z
    .string()
    .regex(/^(\/[a-z0-9._~-]+)+$/, { error: 'must be like /api: lower case, no slash at the end' })
    .refine((prefix) => !/\/\.{1,2}(\/|$)/.test(prefix), { error: 'must not have dot segments' })
    .refine((prefix) => !ownPaths.some((own) => isUnder(prefix, own)), {
      error: `must not be one of the gateway's own paths (${ownPaths.join(', ')})`,
    }),
  upstream: z.string().refine(isOrigin, { error: 'must be an origin, like http://127.0.0.1:8001' }),
  scopes: z.strictObject({ read: scope, write: scope }),
});

/** The value of `ROUTES`. */
export const routesSchema = z
  .array(routeSchema)
  .refine((routes) => new Set(routes.map(({ prefix }) => prefix)).size === routes.length, {
    error: 'must not name a prefix twice',
  });

export type Route = z.output<typeof routeSchema>;

export interface RouteTable {
  /** The route with the longest prefix that a path is under. */
  match(path: string): Route | undefined;
}

export function createRouteTable(routes: readonly Route[]): RouteTable {
  const longestFirst = [...routes].sort((a, b) => b.prefix.length - a.prefix.length);
  return {
    match(path) {
      const comparable = path.replace(/;[^/]*/g, '').toLowerCase();
      return longestFirst.find(({ prefix }) => isUnder(comparable, prefix));
    },
  };
}

/** The scope that a method needs on a route: reading for the methods that change nothing (RFC 9110 §9.2.1), else writing. */
export function scopeNeeded(route: Route, method: string): string {
  return ['GET', 'HEAD', 'OPTIONS'].includes(method) ? route.scopes.read : route.scopes.write;
}

function isUnder(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return ['http:', 'https:'].includes(url.protocol) && [url.origin, `${url.origin}/`].includes(text);
}
