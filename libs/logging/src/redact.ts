/**
 * The last line of defence: secrets are typed (`Secret`) and never handed to a logger; should one slip into a
 * message from a driver or a library, this removes what is recognisable as one.
 */
const replacements: [RegExp, string][] = [
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*:[^\s@]+@/gi, '$1[redacted]@'],
  [/https:\/\/hooks\.slack\.com\/\S+/gi, 'https://hooks.slack.com/[redacted]'],
  [/\/services\/T\w+\/B\w+\/[\w-]+/g, '/services/[redacted]'],
  [/\bxox[a-z]-[\w-]+/g, '[redacted]'],
  [/\bey[\w-]{8,}\.[\w-]+\.[\w-]+/g, '[redacted token]'],
  [/\bswfx_rt_[\w-]+/g, '[redacted token]'],
  [/\bBearer\s+\S+/gi, 'Bearer [redacted]'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, '[redacted key]'],
];
const secretName = /passw|secret|token|authorization|cookie|api_?key|private|webhook/i;

/** Text without credentials in URLs, webhook addresses, tokens or private keys. */
export function redactText(text: string): string {
  return replacements.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text);
}

/** A copy of plain data in which every string is redacted, and every string under a secret-sounding name removed. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object') return value;
  if (depth > 6) return '[too deep]';
  if (value instanceof Error) return redactText(value.stack ?? value.message);
  if (value instanceof Date) return value.toISOString();
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return redact((value as { toJSON(): unknown }).toJSON(), depth + 1);
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      secretName.test(name) && typeof item === 'string' ? '[redacted]' : redact(item, depth + 1),
    ]),
  );
}
