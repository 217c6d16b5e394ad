/**
 * Counts what one source does of a kind, in windows that begin with the first occurrence, and tells once a window
 * when it is too much. With `distinct` only different things count, such as the accounts that an address tries. The
 * memory is bounded: the source that began first makes room for a new one.
 */
export interface PatternRule {
  threshold: number;
  windowSeconds: number;
}

export interface PatternCounter {
  /** The count, at the moment when it reaches the threshold; undefined otherwise. */
  add(source: string, nowMs: number, distinct?: string): number | undefined;
}

interface Window {
  endsAtMs: number;
  count: number;
  seen: Set<string>;
}

export function createPatternCounter(rule: PatternRule, limit = 10_000): PatternCounter {
  const windows = new Map<string, Window>();

  function windowOf(source: string, nowMs: number): Window {
    const open = windows.get(source);
    if (open && open.endsAtMs > nowMs) return open;
    const fresh = { endsAtMs: nowMs + rule.windowSeconds * 1000, count: 0, seen: new Set<string>() };
    windows.delete(source);
    windows.set(source, fresh);
    const [oldest] = windows.keys();
    if (windows.size > limit && oldest !== undefined) windows.delete(oldest);
    return fresh;
  }
  return {
    add(source, nowMs, distinct) {
      const window = windowOf(source, nowMs);
      if (window.count >= rule.threshold) return undefined;
      if (distinct !== undefined && window.seen.has(distinct)) return undefined;
      if (distinct !== undefined) window.seen.add(distinct);
      window.count += 1;
      return window.count === rule.threshold ? window.count : undefined;
    },
  };
}
