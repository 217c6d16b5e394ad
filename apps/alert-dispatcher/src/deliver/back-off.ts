const longestSeconds = 300;

/** Seconds to wait after the given attempt (1, 2, …): doubling up to five minutes, the upper half of it at random. */
export function backOffSeconds(attempt: number, firstSeconds: number, random: () => number): number {
  const ceiling = Math.min(longestSeconds, firstSeconds * 2 ** Math.min(attempt - 1, 30));
  return ceiling * (0.5 + random() / 2);
}
