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
      ALERT_REPEAT_SECONDS: 3_600,
      ALERT_ROUTES: [],
    });
  });

  it('refuses alerting without a webhook', () => {
    expect(() => loadConfig(configSchema, { ...environment, SLACK_ALERTING_ENABLED: 'true' })).toThrow(
      'SLACK_WEBHOOK_URL is required when SLACK_ALERTING_ENABLED is true',
    );
  });

  it('reads destinations, whose addresses and keys are secrets', () => {
    const { ALERT_DESTINATIONS } = loadConfig(configSchema, {
      ...environment,
      ALERT_DESTINATIONS: '[{"name":"oncall","type":"pagerduty","routingKey":"canary-key"}]',
      ALERT_ROUTES: '[{"match":{"severity":["critical"]},"to":["slack","oncall"],"afterSeconds":900}]',
      ALERT_FALLBACK_DESTINATION: 'oncall',
    });
    expect(ALERT_DESTINATIONS).toMatchObject([{ name: 'oncall', type: 'pagerduty' }]);
    expect(JSON.stringify(ALERT_DESTINATIONS)).not.toContain('canary-key');
  });

  it('refuses routes to nowhere', () => {
    const wrong = { ...environment, ALERT_ROUTES: '[{"to":["pager"]}]', ALERT_FALLBACK_DESTINATION: 'mail' };
    expect(() => loadConfig(configSchema, wrong)).toThrow(
      /ALERT_ROUTES names the destination pager.*ALERT_FALLBACK_DESTINATION names mail/s,
    );
  });

  it('refuses a route that waits for longer than an alert lives', () => {
    const wrong = { ...environment, ALERT_ROUTES: '[{"to":["slack"],"afterSeconds":28800}]' };
    expect(() => loadConfig(configSchema, wrong)).toThrow('ALERT_ROUTES waits 28800 s');
    const ALERT_TTL_SECONDS = '86400';
    expect(() => loadConfig(configSchema, { ...wrong, ALERT_TTL_SECONDS })).not.toThrow();
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
