import { flag, integer, oneOf, port, secret, secretUrl, text, url } from './fields';

/** Where a service runs: the `env` label of metrics and records, upper-cased in Slack. */
export const environments = ['development', 'test', 'staging', 'production'] as const;

/** The variables that every service understands; spread into the service's own zod object. */
export const serviceSettings = {
  ENVIRONMENT: oneOf(...environments)
    .default('development')
    .describe('Where this runs: the `env` label; upper-cased in Slack.'),
  DATABASE_URL: secretUrl('postgres', 'postgresql').describe(
    'The ops database: keys, users, audit, ledgers.',
  ),
  REDIS_URL: secretUrl('redis', 'rediss').describe('Redis, for hints and doorbells.'),
  PROMETHEUS_ENABLED: flag().default(true).describe('Off: no `/metrics`; the health routes stay.'),
  PROMETHEUS_HOST: text()
    .default('0.0.0.0')
    .describe('Address of the operations listener (`/metrics`, `/health`, `/livez`, `/readyz`).'),
  LOG_LEVEL: oneOf('error', 'warn', 'info', 'debug')
    .default('info')
    .describe('The least severe level that is logged.'),
  ACCESS_LOG_FILE: text().default('-').describe('Where the access log goes; `-` is standard output.'),
  AUDIT_LOG_FILE: text().default('logs/audit.log').describe('The audit log, one JSON record a line.'),
  AUDIT_VALIDATION: oneOf('hard', 'warn', 'off')
    .default('hard')
    .describe('What happens to an audit event that does not fit its schema.'),
  SPOOL_DIR: text().default('spool').describe('Folder for what cannot reach Postgres at the moment.'),
  ALERT_INTAKE_URL: url('http', 'https')
    .optional()
    .describe('Base URL of the alert dispatcher, used while Postgres is down.'),
  ALERT_INTAKE_TOKEN: secret().optional().describe('Bearer token of the alert dispatcher’s intake.'),
  DATABASE_POOL_MAX: integer(2, 200).default(10).describe('Connections to the ops database at most.'),
};

/** The operations listener's port, whose default differs from service to service. */
export const operationsPort = (defaultPort: number) =>
  port().default(defaultPort).describe('Port of the operations listener.');
