/**
 * Refused tokens in the audit trail. Anyone can send as many bad tokens as they like, so they are counted and
 * written once a minute, one event for each source and reason, and each session, of which nobody has many. Their number
 * is bounded too: those beyond it share one line.
 */
/** So many refusals for one reason, from one source, in one minute. */
export interface Refusal {
  reason: string;
  /** Address that the requests came from, or `other` for those beyond the bound. */
  source: string;
  count: number;
  /** The minute in which they were refused, RFC 3339. */
  minute: string;
  /** The session that the tokens belong to, where they belong to one. */
  session?: RefusedSession;
}

/** The session that refused tokens belong to. */
export interface RefusedSession {
  familyId: string;
  /** A user's pseudonym. */
  subject: string;
}

/** Counts refusals until they are taken. */
export interface RefusalTally {
  add(reason: string, source: string, now: Date, session?: RefusedSession): void;
  /** Takes what was counted, and begins anew. */
  take(): Refusal[];
}

/** `limit` bounds the entries in hand: sources beyond it are counted as `other`. */
export function createRefusalTally(limit = 1_000): RefusalTally {
  let counts = new Map<string, Refusal>();

  function entry(refusal: Omit<Refusal, 'count'>): Refusal {
    const { reason, source, minute, session } = refusal;
    const key = `${minute} ${reason} ${source} ${session?.familyId ?? ''}`;
    const known = counts.get(key);
    if (known) return known;
    if (counts.size >= limit && source !== 'other') return entry({ reason, source: 'other', minute });
    const fresh = { ...refusal, count: 0 };
    counts.set(key, fresh);
    return fresh;
  }
  return {
    add(reason, source, now, session) {
      entry({ reason, source, minute: minuteOf(now), ...(session && { session }) }).count += 1;
    },
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
