/**
 * Refused tokens in the audit trail. Anyone can send as many bad tokens as they like, so they are counted and
 * written once a minute, one event for each source and reason. The number of sources is bounded too: those beyond
 * it share one line.
 */
export interface Refusal {
  reason: string;
  /** Address that the requests came from, or `other` for those beyond the bound. */
  source: string;
  count: number;
  /** The minute in which they were refused, RFC 3339. */
  minute: string;
}

export interface RefusalTally {
  add(reason: string, source: string, now: Date): void;
  /** Takes what was counted, and begins anew. */
  take(): Refusal[];
}

export function createRefusalTally(limit = 1_000): RefusalTally {
  let counts = new Map<string, Refusal>();

  function entry(reason: string, source: string, minute: string): Refusal {
    const key = `${minute} ${reason} ${source}`;
    const known = counts.get(key);
    if (known) return known;
    if (counts.size >= limit && source !== 'other') return entry(reason, 'other', minute);
    const fresh = { reason, source, count: 0, minute };
    counts.set(key, fresh);
    return fresh;
  }
  return {
    add: (reason, source, now) => void (entry(reason, source, minuteOf(now)).count += 1),
    take() {
      const taken = [...counts.values()];
      counts = new Map();
      return taken;
    },
  };
}

function minuteOf(now: Date): string {
  return `${now.toISOString().slice(0, 16)}:00Z`;
}
