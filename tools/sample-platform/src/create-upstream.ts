/**
 * The platform's own API, which the gateway protects: ordinary reads and one write on the platform database.
 * It knows nothing of tokens. Whoever reaches it is trusted, and is who the gateway's headers say; therefore
 * it listens on the loopback interface unless told otherwise. It starts without its database, answers 503 until
 * the database is there, and survives a restart of Postgres without one of its own.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type RequestHandler } from 'express';
import { Pool } from 'pg';
import { portfolioRoutes } from './portfolio-routes';
import { createErrorHandler, unknownRoute } from './problem';
import { tokenRoutes } from './token-routes';
import { transactionRoutes } from './transaction-routes';
import { walletRoutes } from './wallet-routes';
import { whoami } from './whoami';

/** `address` is the base URL; `stop()` answers what is in flight, then closes the connections. */
export type Upstream = { address: string; stop(): Promise<void> };

type UpstreamOptions = { databaseUrl: string; port: number; host?: string; log?: (line: string) => void };

/**
 * Starts the sample upstream API; port 0 takes a free one.
 * `log` gets one line for each failure that is not the caller's. Rejects with Node's error if the port is taken.
 */
export async function createUpstream({ databaseUrl, port, host, log }: UpstreamOptions): Promise<Upstream> {
  const report = log ?? (() => undefined);
  const pool = createPool(databaseUrl, report);
  const server = createServer(createRoutes(pool, report));
  try {
    server.listen(port, host ?? '127.0.0.1');
    await once(server, 'listening');
  } catch (error) {
    await pool.end();
    throw error;
  }
  const { address, port: boundPort } = server.address() as AddressInfo;
  let stopped: Promise<void> | undefined;
  return { address: `http://${address}:${boundPort}`, stop: () => (stopped ??= stop(server, pool)) };
}

function createPool(databaseUrl: string, report: (line: string) => void): Pool {
  const pool = new Pool({
    connectionString: databaseUrl,
    application_name: 'sample-platform',
    max: 8,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 5_000,
    idleTimeoutMillis: 30_000,
  });
  // An idle connection that Postgres closes is reported here; unheard, it would end the process.
  pool.on('error', (error) => report(`An idle database connection was lost: ${error.message}`));
  return pool;
}

function createRoutes(pool: Pool, report: (line: string) => void): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.get('/health', health(pool));
  app.get('/api/whoami', whoami);
  app.use('/api/wallets', walletRoutes(pool));
  app.use('/api/tokens', tokenRoutes(pool));
  app.use('/api/portfolio', portfolioRoutes(pool));
  app.use('/api/transactions', transactionRoutes(pool));
  app.use(unknownRoute);
  app.use(createErrorHandler(report));
  return app;
}

function health(pool: Pool): RequestHandler {
  return async (_request, response) => {
    const database = await pool.query('SELECT 1').then(
      () => 'healthy',
      () => 'unhealthy',
    );
    response.status(database === 'healthy' ? 200 : 503).json({ status: database, checks: { database } });
  };
}

async function stop(server: Server, pool: Pool): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  // A client that never finishes its request must not keep us; a statement may take five seconds.
  const deadline = setTimeout(() => server.closeAllConnections(), 8_000);
  await closed;
  clearTimeout(deadline);
  await pool.end();
}
