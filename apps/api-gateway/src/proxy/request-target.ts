/**
 * What is authorised is what is forwarded. A request target is brought to the one spelling that we match and send
 * on; one that another program could read as a different path (dot segments, hidden slashes, an empty segment,
 * a second layer of percent-encoding) is refused rather than repaired.
 */
export type RequestTarget =
  | { outcome: 'accepted'; path: string; /** With its `?`, or empty. */ query: string }
  | { outcome: 'refused'; reason: string };

const absoluteForm = /^https?:\/\/[^/?#@]+(?=[/?]|$)/i;
const unreserved = /^[A-Za-z0-9._~-]$/;
const hiddenSeparator = /%(?:2f|5c|00|25(?:25)*(?:2e|2f|5c|00))/i;

/** Reads the target of an HTTP/1.1 request line: origin form, or absolute form (RFC 9112 §3.2.2), whose origin is dropped. */
export function parseRequestTarget(raw: string): RequestTarget {
  const [encodedPath, query] = splitQuery(raw.replace(absoluteForm, ''));
  if (/[^\x21-\x7e]|[\\#]/.test(encodedPath + query)) return refuse('has characters that must be encoded');
  if (!encodedPath.startsWith('/')) return refuse('must begin with a slash');
  if (/%(?![0-9a-f]{2})/i.test(encodedPath)) return refuse('has an incomplete percent-encoding');
  const path = decodeUnreserved(encodedPath);
  if (hiddenSeparator.test(path)) return refuse('hides a separator in a percent-encoding');
  const segments = path.slice(1).split('/');
  if (segments.some(isDotSegment)) return refuse('has a dot segment');
  if (segments.slice(0, -1).includes('')) return refuse('has an empty segment');
  return { outcome: 'accepted', path, query };
}

function splitQuery(target: string): [path: string, query: string] {
  const at = target.indexOf('?');
  const path = at < 0 ? target : target.slice(0, at);
  return [path || '/', at < 0 ? '' : target.slice(at)];
}

/** RFC 3986 §6.2.2.2: an encoded unreserved character means the same as the character. */
function decodeUnreserved(path: string): string {
  return path.replace(/%([0-9a-f]{2})/gi, (encoded, digits: string) => {
    const character = String.fromCharCode(parseInt(digits, 16));
    return unreserved.test(character) ? character : encoded;
  });
}

/** `..;x` too: some servers take off `;parameters` first. */
function isDotSegment(segment: string): boolean {
  return /^\.{1,2}(;|%3b|$)/i.test(segment);
}

function refuse(problem: string): RequestTarget {
  return { outcome: 'refused', reason: `the path ${problem}` };
}
