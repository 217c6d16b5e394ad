import type { Logger } from '@swfx/logging';
import { generateMetrics, type Metrics } from '@swfx/metrics';
import type { RequestHandler } from 'express';
import { answerProblems, createExpressApp } from './express-app';
import { reportHealth, type HealthCheck } from './health';
import { startHttpServer, type HttpServer } from './http-server';

export interface OperationsListenerOptions {
  host: string;
  port: number;
  /** Off: no `/metrics`; the health routes stay. */
  metricsEnabled: boolean;
  metrics: Metrics;
  access: Logger;
  logger: Logger;
  version: string;
  checks: Record<string, HealthCheck>;
  /** Whether this service can do its work now; the sentence says why not. */
  ready: () => Readiness | Promise<Readiness>;
}

export type Readiness = { ready: true } | { ready: false; reason: string };

/** The listener for operators and Prometheus: `/metrics`, `/health`, `/livez`, `/readyz`. */
export async function startOperationsListener(options: OperationsListenerOptions): Promise<HttpServer> {
  const app = createExpressApp(options);
  if (options.metricsEnabled) {
    app.get('/metrics', async (_request, response) => {
      const { body, contentType } = await generateMetrics(options.metrics.registry);
      response.setHeader('content-type', contentType);
      response.end(body);
    });
  }
  app.get('/health', healthRoute(options.checks, options.version));
  app.get('/livez', (_request, response) => void response.json({ status: 'alive' }));
  app.get('/readyz', async (_request, response) => {
    const state = await options.ready();
    response.status(state.ready ? 200 : 503).json(state);
  });
  answerProblems(app, options.logger);
  return startHttpServer({ handler: app, host: options.host, port: options.port });
}

/** `GET /health` in the published shape: 200 when every check is well, 503 otherwise. */
export function healthRoute(checks: Record<string, HealthCheck>, version: string): RequestHandler {
  return async (_request, response) => {
    const report = await reportHealth(checks, version);
    response.status(report.status === 'healthy' ? 200 : 503).json(report);
  };
}
