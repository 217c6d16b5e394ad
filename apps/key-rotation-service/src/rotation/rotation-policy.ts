/**
 * The numbers that make a rotation unnoticeable, and the inequalities between them. A key signs only after every
 * verifier has had time to learn of it, and leaves only after the last token that it signed has expired everywhere.
 */
import { nextRun } from '@swfx/messaging';
import { keySetPollJitter, mintTimeoutSeconds } from '@swfx/signing-keys';

export interface RotationPolicy {
  /** For how long a key verifies after it has stopped signing. */
  graceSeconds: number;
  /** How long a key must have been published before it may sign. */
  minimumPublishedSeconds: number;
  /** How long a rotation waits for a verifier before it is alerted. */
  verifierWaitSeconds: number;
}

/** The part of the configuration that the policy comes from. */
export interface PolicySettings {
  ACCESS_TOKEN_TTL_SECONDS: number;
  JWKS_MAX_AGE_SECONDS: number;
  JWT_CLOCK_SKEW_SECONDS: number;
  KEY_SET_POLL_SECONDS: number;
  JWT_ROTATION_SCHEDULE_CRON: string;
  JWT_ROTATION_GRACE_PERIOD_SECONDS: number;
  JWT_ROTATION_LOCK_TTL_SEC: number;
  JWT_ROTATION_VERIFIER_WAIT_SECONDS: number;
}

/** How long a rotator may hold a request, in seconds; whoever holds the lock must be done before it is free again. */
export const leaseSeconds = 20;

export function rotationPolicy(settings: PolicySettings): RotationPolicy {
  const slowestPoll = settings.KEY_SET_POLL_SECONDS * (1 + keySetPollJitter);
  return {
    graceSeconds: settings.JWT_ROTATION_GRACE_PERIOD_SECONDS,
    minimumPublishedSeconds:
      settings.JWKS_MAX_AGE_SECONDS + 2 * slowestPoll + settings.JWT_CLOCK_SKEW_SECONDS,
    verifierWaitSeconds: settings.JWT_ROTATION_VERIFIER_WAIT_SECONDS,
  };
}

/** What in a configuration would refuse valid tokens or stand in its own way; a sentence for each, without its subject. */
export function policyProblems(settings: PolicySettings): { name: keyof PolicySettings; message: string }[] {
  const { graceSeconds, minimumPublishedSeconds } = rotationPolicy(settings);
  const { ACCESS_TOKEN_TTL_SECONDS: ttl, JWT_CLOCK_SKEW_SECONDS: skew } = settings;
  const graceNeeded = ttl + 2 * skew + mintTimeoutSeconds;
  const interval = shortestIntervalSeconds(settings.JWT_ROTATION_SCHEDULE_CRON);
  const problems: { name: keyof PolicySettings; message: string; wrong: boolean }[] = [
    {
      name: 'JWT_ROTATION_GRACE_PERIOD_SECONDS',
      wrong: graceSeconds < graceNeeded,
      message: `must be at least ${graceNeeded}, or a key leaves before its last token has expired: ACCESS_TOKEN_TTL_SECONDS (${ttl}) + 2 × JWT_CLOCK_SKEW_SECONDS (${skew}) + ${mintTimeoutSeconds} for minting`,
    },
    {
      name: 'JWT_ROTATION_SCHEDULE_CRON',
      wrong: interval < minimumPublishedSeconds,
      message: `has two ticks ${interval} s apart, but a key must have been published ${minimumPublishedSeconds} s before it signs: JWKS_MAX_AGE_SECONDS + 2 × the slowest KEY_SET_POLL_SECONDS + JWT_CLOCK_SKEW_SECONDS`,
    },
    {
      name: 'JWT_ROTATION_LOCK_TTL_SEC',
      wrong: settings.JWT_ROTATION_LOCK_TTL_SEC < leaseSeconds,
      message: `must be at least ${leaseSeconds}, the time that one rotation may take, or a slow one loses its lock`,
    },
    {
      name: 'JWT_ROTATION_LOCK_TTL_SEC',
      wrong: settings.JWT_ROTATION_LOCK_TTL_SEC >= interval,
      message: `must be less than the ${interval} s between two ticks of JWT_ROTATION_SCHEDULE_CRON, or a rotator that dies blocks the next one`,
    },
  ];
  return problems.filter(({ wrong }) => wrong).map(({ name, message }) => ({ name, message }));
}

/** Ticks enough for a cron of minutes and hours to show its shortest interval. */
const ticksLookedAt = 500;

/** The shortest time between two ticks of a cron expression, in seconds. Some are uneven: every 7 minutes, on the hour. */
export function shortestIntervalSeconds(cron: string): number {
  let shortest = Infinity;
  let tick = nextRun(cron, new Date('2026-01-01T00:00:00Z'));
  for (let count = 0; count < ticksLookedAt; count += 1) {
    const next = nextRun(cron, tick);
    shortest = Math.min(shortest, (next.getTime() - tick.getTime()) / 1000);
    tick = next;
  }
  return shortest;
}
