/**
 * The last line of defence: secrets are typed (`Secret`) and never handed to a logger; should one slip into a
 * message from a driver or a library, this removes what is recognisable as one.
 */
// Every repetition is bounded or can begin at one place only, so that no text makes the search long.
const replacements: [RegExp, string][] = [
  [/(?<![a-z0-9+.-])([a-z][a-z0-9+.-]{0,31}:\/\/)[^\s/@:]{0,256}:[^\s@]{1,1024}@/gi, '$1[redacted]@'],
  [/https:\/\/hooks\.slack\.com\/\S+/gi, 'https://hooks.slack.com/[redacted]'],
  [/\/services\/T\w{1,64}\/B\w{1,64}\/[\w-]+/g, '/services/[redacted]'],
  [/\bxox[a-z]-[\w-]+/g, '[redacted]'],
  [/(?<![\w-])ey[\w-]{8,8192}\.[\w-]{1,8192}\.[\w-]+/g, '[redacted token]'],
  [/\bswfx_rt_[\w-]+/g, '[redacted token]'],
  [/\bBearer\s{1,8}\S+/gi, 'Bearer [redacted]'],
  [
    /-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]{0,32}PRIVATE KEY-----|$)/g,
    '[redacted key]',
  ],
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
