import { randomBytes } from 'node:crypto';
import { loadConfig } from '@swfx/config';
import { configSchema } from './config';

const environment = {
  DATABASE_URL: 'postgres://ops@localhost/ops',
  REDIS_URL: 'redis://localhost',
  KEY_ENCRYPTION_KEYS: `local:${randomBytes(32).toString('base64')}`,
};

describe('the configuration of the key-rotation service', () => {
  it('needs the two connections and the ring; its defaults fit together', () => {
    expect(loadConfig(configSchema, environment)).toMatchObject({
      PROMETHEUS_PORT: 9090,
      JWT_SIGNING_ALG: 'ES256',
      JWT_ROTATION_SCHEDULE_CRON: '*/5 * * * *',
      JWT_ROTATION_GRACE_PERIOD_SECONDS: 900,
      JWT_ROTATION_LOCK_TTL_SEC: 30,
      JWT_ROTATION_ALERT_ON_ERROR: true,
      JWT_ROTATION_ALERT_ON_RETRY: false,
      ACCESS_TOKEN_TTL_SECONDS: 600,
    });
    expect(() => loadConfig(configSchema, { ...environment, KEY_ENCRYPTION_KEYS: '' })).toThrow(
      'KEY_ENCRYPTION_KEYS is required',
    );
  });

  it('does not start with numbers that would refuse a valid token', () => {
    const load = () =>
      loadConfig(configSchema, {
        ...environment,
        ACCESS_TOKEN_TTL_SECONDS: '3600',
        JWT_ROTATION_SCHEDULE_CRON: '* * * * *',
      });
    expect(load).toThrow(
      /JWT_ROTATION_GRACE_PERIOD_SECONDS must be at least 3730.*JWT_ROTATION_SCHEDULE_CRON has two ticks 60 s apart/,
    );
  });

  it('says what is wrong with a schedule', () => {
    const load = (cron: string) => () =>
      loadConfig(configSchema, { ...environment, JWT_ROTATION_SCHEDULE_CRON: cron });
    expect(load('sometimes')).toThrow('JWT_ROTATION_SCHEDULE_CRON must be a cron expression');
    expect(load('* * * * * *')).toThrow('JWT_ROTATION_SCHEDULE_CRON must have five fields');
  });
});
