/** Header fields that are about one connection and end with it (RFC 9110 §7.6.1), and their unofficial relatives. */
const always = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
];

/** The names, in lower case, that a message's fields are hop-by-hop under: the known ones and those that `Connection` lists. */
export function hopByHopNames(rawHeaders: readonly string[]): Set<string> {
  const names = new Set(always);
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() !== 'connection') continue;
    for (const name of (rawHeaders[at + 1] ?? '').split(',')) names.add(name.trim().toLowerCase());
  }
  return names;
}
