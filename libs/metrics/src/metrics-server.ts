import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { register, type Registry } from 'prom-client';

/**
 * The metrics of this process as Prometheus reads them: the body, and its content type. The registry's format is
 * never switched: prom-client loses `_total` from names for good when it is.
 */
export async function generateMetrics(
  registry: Registry = register,
): Promise<{ body: string; contentType: string }> {
  return { body: await registry.metrics(), contentType: registry.contentType };
}

/** A standalone HTTP server that answers `GET /metrics`, for a process that has no other. Port 0 lets the system choose. */
export async function startMetricsServer(options: {
  port: number;
  host: string;
  registry?: Registry;
}): Promise<{ port: number; stop(): Promise<void> }> {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url?.split('?')[0] !== '/metrics')
      return void response.writeHead(404).end();
    generateMetrics(options.registry).then(
      ({ body, contentType }) => response.writeHead(200, { 'content-type': contentType }).end(body),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return { port: (server.address() as AddressInfo).port, stop: () => stopped(server) };
}

function stopped(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
