import {
  policyProblems,
  rotationPolicy,
  shortestIntervalSeconds,
  type PolicySettings,
} from './rotation-policy';

const defaults: PolicySettings = {
  ACCESS_TOKEN_TTL_SECONDS: 600,
  JWKS_MAX_AGE_SECONDS: 60,
  JWT_CLOCK_SKEW_SECONDS: 60,
  KEY_SET_POLL_SECONDS: 5,
  JWT_ROTATION_SCHEDULE_CRON: '*/5 * * * *',
  JWT_ROTATION_GRACE_PERIOD_SECONDS: 900,
  JWT_ROTATION_LOCK_TTL_SEC: 30,
  JWT_ROTATION_VERIFIER_WAIT_SECONDS: 60,
};
const problems = (changes: Partial<PolicySettings>) =>
  policyProblems({ ...defaults, ...changes }).map(({ name, message }) => `${name} ${message}`);

describe('the rotation policy', () => {
  it('keeps a standby published for max-age, two slowest polls and the skew before it signs', () => {
    expect(rotationPolicy(defaults)).toMatchObject({
      graceSeconds: 900,
      minimumPublishedSeconds: 132,
    });
  });

  it('has nothing against the defaults', () => {
    expect(problems({})).toEqual([]);
  });

  it('refuses a grace in which the last token of a key would outlive it', () => {
    expect(problems({ JWT_ROTATION_GRACE_PERIOD_SECONDS: 729 })).toEqual([
      expect.stringMatching(/^JWT_ROTATION_GRACE_PERIOD_SECONDS must be at least 730/),
    ]);
    expect(problems({ JWT_ROTATION_GRACE_PERIOD_SECONDS: 730 })).toEqual([]);
    expect(problems({ ACCESS_TOKEN_TTL_SECONDS: 900 })).toHaveLength(1);
  });

  it('refuses a schedule that ticks faster than a key may be promoted', () => {
    expect(problems({ JWT_ROTATION_SCHEDULE_CRON: '*/2 * * * *' })).toEqual([
      expect.stringContaining('has two ticks 120 s apart'),
    ]);
    expect(problems({ JWT_ROTATION_SCHEDULE_CRON: '*/3 * * * *' })).toEqual([]);
  });

  it('sees the short interval of an uneven schedule', () => {
    expect(shortestIntervalSeconds('*/7 * * * *')).toBe(240);
    expect(shortestIntervalSeconds('0,1 3 * * *')).toBe(60);
    expect(shortestIntervalSeconds('0 0 * * 1')).toBe(7 * 86_400);
  });

  it('refuses a lock that a slow rotation would outlive, or that would block the next tick', () => {
    expect(problems({ JWT_ROTATION_LOCK_TTL_SEC: 19 })).toEqual([expect.stringContaining('at least 20')]);
    expect(problems({ JWT_ROTATION_LOCK_TTL_SEC: 300 })).toEqual([
      expect.stringContaining('must be less than the 300 s'),
    ]);
  });
});
