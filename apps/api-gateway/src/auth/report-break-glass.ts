import { randomUUID } from 'node:crypto';
import type { Alerts } from '@swfx/alerts';
import type { AuditTrail } from '@swfx/audit';
import { errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import type { AccessTokenClaims } from '@swfx/signing-keys';

/** Tells of the first use of each emergency token; `settled` waits until all of it is kept somewhere. */
export interface BreakGlassReport {
  used: (claims: AccessTokenClaims, source: string) => void;
  settled(): Promise<void>;
}

/** Emergency tokens are few; beyond this many one may be told of twice. */
const rememberedTokens = 1_000;

/** Audits and alerts by ways that work without Postgres: the spool, and the alert dispatcher's intake. */
export function createBreakGlassReport(options: {
  audit: Pick<AuditTrail, 'record'>;
  alerts: Pick<Alerts, 'raise'>;
  logger: Logger;
}): BreakGlassReport {
  const { audit, alerts, logger } = options;
  const told = new Set<string>();
  let telling = Promise.resolve();

  async function tell(claims: AccessTokenClaims, source: string): Promise<void> {
    const expiresAt = new Date(claims.exp * 1000).toISOString();
    await audit.record({
      action: 'break_glass_used',
      outcome: 'success',
      actor: claims.sub,
      subject: null,
      operationId: randomUUID(),
      fields: { source, scopes: claims.scope.split(' ').filter(Boolean), expires_at: expiresAt },
    });
    await alerts.raise({
      incident: `break-glass:${claims.jti}`,
      kind: 'break_glass_used',
      severity: 'critical',
      title: 'An emergency token is in use',
      error: `${claims.sub} came from ${source} with a token that is good until ${expiresAt}`,
      context: { operator: claims.sub, source, scopes: claims.scope },
    });
  }
  return {
    used(claims, source) {
      if (told.has(claims.jti)) return;
      if (told.size >= rememberedTokens) told.clear();
      told.add(claims.jti);
      telling = telling
        .then(() => tell(claims, source))
        .catch((error: unknown) => {
          logger.error('The use of an emergency token could not be audited', { error: errorMessage(error) });
        });
    },
    settled: () => telling,
  };
}
