import type { Metrics } from '@swfx/metrics';
import type { KeySet } from '@swfx/signing-keys';

/** When each published key last verified a token, for operators to see that an old key has fallen quiet. */
export interface KeyUses {
  note(kid: string): void;
}

/** The series are those of the published keys and no others: they come and go with their keys. */
export function createKeyUses(metrics: Metrics, keySet: () => KeySet | undefined): KeyUses {
  const lastUsed = new Map<string, number>();
  metrics.onScrape(() => {
    const published = (keySet()?.keys ?? []).filter(({ state }) => state !== 'revoked').map(({ kid }) => kid);
    for (const kid of lastUsed.keys()) if (!published.includes(kid)) lastUsed.delete(kid);
    metrics.clear('jwt_key_last_used_timestamp_seconds');
    for (const kid of published)
      metrics.set('jwt_key_last_used_timestamp_seconds', (lastUsed.get(kid) ?? 0) / 1000, { kid });
  });
  return { note: (kid) => void lastUsed.set(kid, Date.now()) };
}
