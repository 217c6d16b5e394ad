/**
 * Untrusted text as one line: controls (a terminal's escape sequences too) and line breaks become single spaces, marks
 * that turn the direction of text are dropped, half a surrogate pair is replaced. What is written around it stays
 * where it is.
 */
export function oneLine(text: string): string {
  return text
    .replace(/\p{Bidi_Control}/gu, '')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .trim();
}
