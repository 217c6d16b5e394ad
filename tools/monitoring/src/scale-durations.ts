/**
 * The same rules in a faster time: every range, offset and `for` is divided by `factor`, everything else is as it was.
 * A test sees an alert of an hour resolve within seconds, and it is the product's own rule that it sees. No duration
 * becomes shorter than `leastSeconds`, which has to hold a few scrapes. Pure; `text` is a rule file.
 */
export function scaleDurations(text: string, factor: number, leastSeconds: number): string {
  const scaled = (duration: string): string => {
    const seconds = secondsOf(duration);
    return `${seconds === 0 ? 0 : Math.max(leastSeconds, Math.round(seconds / factor))}s`;
  };
  return text
    .replace(/\[(\d+[smhdw])\]/g, (_, duration: string) => `[${scaled(duration)}]`)
    .replace(/\boffset (\d+[smhdw])/g, (_, duration: string) => `offset ${scaled(duration)}`)
    .replace(/^( *for: )(\d+[smhdw])$/gm, (_, key: string, duration: string) => key + scaled(duration));
}

const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

function secondsOf(duration: string): number {
  return Number(duration.slice(0, -1)) * (units[duration.slice(-1)] ?? 1);
}
