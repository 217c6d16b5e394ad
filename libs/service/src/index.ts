export {
  addAdminRoute,
  type AdminAnswer,
  type AdminCaller,
  type AdminRoute,
  type AdminRouteOptions,
  type AuthenticateAdmin,
} from './admin-route';
export { accessTokensRefused, startRefusalAudit } from './audit-refusals';
export { answerProblems, createExpressApp, parseBody, traceAndObserve } from './express-app';
export { openFoundation, type Foundation, type FoundationConfig } from './foundation';
export {
  databaseCheck,
  platformWorkersCheck,
  redisCheck,
  reportHealth,
  workersCheck,
  type CheckState,
  type HealthCheck,
  type HealthReport,
} from './health';
export { startHeartbeat, type Heartbeat } from './heartbeat';
export { startHttpServer, type HttpServer } from './http-server';
export { createLifecycle, type Lifecycle } from './lifecycle';
export { observeHttp } from './observe-http';
export { observePool } from './observe-pool';
export { observeWorkers } from './observe-workers';
export {
  formatTable,
  operatorName,
  printJson,
  printTable,
  type Columns,
  type OutputOptions,
} from './operator-output';
export {
  healthRoute,
  startOperationsListener,
  type OperationsListenerOptions,
  type Readiness,
} from './operations-listener';
export { startService, type StartedService } from './start-service';
export { healthChecks, startOperations, type OperationsConfig, type WatchedTask } from './start-operations';
export { createRefusalTally, type Refusal, type RefusalTally, type RefusedSession } from './refusal-tally';
export { runMain, type RunningService } from './run-main';
export { explainFailure, runOperator, type OperatorProgram } from './run-operator';
export { serviceMetrics, workerMetrics } from './shared-metrics';
export { serviceVersion } from './version';
export { startUpkeep } from './upkeep';
export { operatorConfig, withOperatorFoundation } from './with-operator-foundation';
