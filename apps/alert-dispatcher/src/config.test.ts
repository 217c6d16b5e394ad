import { loadConfig } from '@swfx/config';
import { configSchema } from './config';

const environment = {
  DATABASE_URL: 'postgres://localhost/ops',
  REDIS_URL: 'redis://localhost',
  ALERT_INTAKE_TOKEN: 'token',
};

describe('the dispatcher’s configuration', () => {
  it('has the published defaults', () => {
    expect(loadConfig(configSchema, environment)).toMatchObject({
      HTTP_PORT: 8003,
      PROMETHEUS_PORT: 9103,
      SLACK_ALERTING_ENABLED: false,
      SLACK_MAX_ALERTS_PER_HOUR: 10,
      SLACK_TIMEOUT_SECONDS: 10,
      ALERT_REPEAT_SECONDS: 900,
    });
  });

  it('refuses alerting without a webhook', () => {
    expect(() => loadConfig(configSchema, { ...environment, SLACK_ALERTING_ENABLED: 'true' })).toThrow(
      'SLACK_WEBHOOK_URL is required when SLACK_ALERTING_ENABLED is true',
    );
  });

  it('refuses to send alerts in clear from production', () => {
    const production = {
      ...environment,
      ENVIRONMENT: 'production',
      SLACK_WEBHOOK_URL: 'http://slack/services/x',
    };
    expect(() => loadConfig(configSchema, production)).toThrow('must start with https:// in production');
  });
});
