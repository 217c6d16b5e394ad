const units = [
  { name: 'd', seconds: 86_400 },
  { name: 'h', seconds: 3_600 },
  { name: 'min', seconds: 60 },
] as const;

/** A span of seconds as people say it, in the largest unit that it holds twice: `45 s`, `5 min`, `36 h`, `3 d`. */
export function span(seconds: number): string {
  const whole = Math.round(Math.abs(seconds));
  const unit = units.find((candidate) => whole >= 2 * candidate.seconds);
  return unit ? `${Math.round(whole / unit.seconds)} ${unit.name}` : `${whole} s`;
}

/** How far an instant lies from now: `in 5 min`, `now`, `3 h ago`. Positive seconds lie ahead. */
export function distance(seconds: number): string {
  if (Math.round(seconds) === 0) return 'now';
  return seconds > 0 ? `in ${span(seconds)}` : `${span(seconds)} ago`;
}
