import { Pool } from 'undici';
import type { Route } from './route-table';

export interface UpstreamPools {
  poolOf(route: Route): Pool;
  stop(): Promise<void>;
}

/** More than one request on a connection would let a slow answer hold up the ones behind it. */
const requestsPerConnection = 1;
const connectionsPerUpstream = 128;
const connectTimeoutMs = 3_000;

/** One pool of kept-alive connections for each upstream of the route table. Time limits are the gateway's one deadline. */
export function createUpstreamPools(routes: readonly Route[]): UpstreamPools {
  const pools = new Map<string, Pool>();
  for (const { upstream } of routes) {
    if (pools.has(upstream)) continue;
    const pool = new Pool(upstream, {
      connections: connectionsPerUpstream,
      pipelining: requestsPerConnection,
      connect: { timeout: connectTimeoutMs },
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    pools.set(upstream, pool);
  }
  return {
    poolOf: ({ upstream }) => pools.get(upstream) as Pool,
    async stop() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
    },
  };
}
