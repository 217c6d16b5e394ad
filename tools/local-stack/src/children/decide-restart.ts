/** What to do about a child that has ended by itself. */
export type Restart = { action: 'restart'; delayMs: number } | { action: 'give-up' };

const windowMs = 60_000;
const most = 5;

/** The fifth death within a minute is the last; until then the pauses grow: 0.2 s, 0.4 s, 0.8 s, 1.6 s. Pure. */
export function decideRestart(deathsAt: number[], now: number): Restart {
  const recent = deathsAt.filter((at) => at > now - windowMs).length;
  return recent >= most ? { action: 'give-up' } : { action: 'restart', delayMs: 100 * 2 ** recent };
}
