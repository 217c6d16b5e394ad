import { oneLine } from '../one-line';

/** All that Slack lets one escape, and enough that no mention and no link can be written. */
const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/**
 * Untrusted text as one line for Slack: escaped, and at most `limit` code points long in Slack's own count, which
 * sees the entities; `…` where it was cut.
 */
export function fitLine(text: string, limit: number): string {
  const pieces = Array.from(oneLine(text), (character) => entities[character] ?? character);
  if (pieces.reduce((size, piece) => size + codePoints(piece), 0) <= limit) return pieces.join('');
  let size = codePoints('…');
  const end = pieces.findIndex((piece) => (size += codePoints(piece)) > limit);
  return `${pieces.slice(0, end).join('')}…`;
}

function codePoints(text: string): number {
  return Array.from(text).length;
}
