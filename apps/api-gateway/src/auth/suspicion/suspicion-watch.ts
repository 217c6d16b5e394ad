/**
 * Patterns that no honest client makes: one address that fails at many accounts, or sends many tokens whose signature
 * does not fit or whose key nobody has. Each is counted, audited and alerted once for a source and window. Every
 * gateway watches what passes through itself.
 */
import { randomUUID } from 'node:crypto';
import type { Alerts } from '@swfx/alerts';
import type { AuditTrail } from '@swfx/audit';
import { errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import type { Metrics } from '@swfx/metrics';
import { createPatternCounter, type PatternRule } from './pattern-counter';

/** The patterns that are found by counting; the reuse of a refresh token is one by itself. */
export type CountedPattern = 'credential_stuffing' | 'signature_failures' | 'unknown_kids';

export interface SuspicionWatch {
  /** Notes one occurrence; what differs from one to the next is given where only different ones count. */
  note(pattern: CountedPattern, source: string, distinct?: string): void;
  /** Waits until everything that was found is written. */
  settled(): Promise<void>;
}

const titles: Record<CountedPattern, string> = {
  credential_stuffing: 'One address fails to log in at many accounts',
  signature_failures: 'One address sends tokens with signatures that do not fit',
  unknown_kids: 'One address sends tokens of keys that nobody has',
};

export function createSuspicionWatch(options: {
  rules: Record<CountedPattern, PatternRule>;
  audit: Pick<AuditTrail, 'record'>;
  alerts: Pick<Alerts, 'raise'>;
  metrics: Metrics;
  logger: Logger;
}): SuspicionWatch {
  const { rules, audit, alerts, metrics, logger } = options;
  const counters = {
    credential_stuffing: createPatternCounter(rules.credential_stuffing),
    signature_failures: createPatternCounter(rules.signature_failures),
    unknown_kids: createPatternCounter(rules.unknown_kids),
  };
  let writing = Promise.resolve();

  async function report(pattern: CountedPattern, source: string, count: number): Promise<void> {
    const { windowSeconds } = rules[pattern];
    await audit.record({
      action: 'suspicious_activity_detected',
      outcome: 'denied',
      actor: null,
      subject: null,
      operationId: randomUUID(),
      fields: { pattern, source, count, window_seconds: windowSeconds },
    });
    await alerts.raise({
      incident: `suspicious:${pattern}:${source}`,
      kind: 'suspicious_activity',
      severity: 'warning',
      title: titles[pattern],
      error: `${count} times within ${windowSeconds} s from ${source}`,
      context: { pattern, source },
    });
  }
  return {
    note(pattern, source, distinct) {
      const count = counters[pattern].add(source, performance.now(), distinct);
      if (count === undefined) return;
      metrics.increment('suspicious_activity_total', { pattern });
      writing = writing
        .then(() => report(pattern, source, count))
        .catch((error: unknown) => {
          logger.error('A suspicious pattern could not be audited', { pattern, error: errorMessage(error) });
        });
    },
    settled: () => writing,
  };
}
