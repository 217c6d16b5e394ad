/**
 * Slack's own markup, read as Slack reads it: `<…>` first, then styles in what lies between, and `&amp;`, `&lt;`,
 * `&gt;` last. The order is what makes escaping work, and what makes an unescaped `<!channel>` call everybody.
 */

/** A stretch of visible text. `mention` calls people; its text is what the channel shows, such as `@channel`. */
export type Span =
  | { kind: 'text' | 'bold' | 'italic' | 'strike' | 'code' | 'preformatted' | 'mention'; text: string }
  | { kind: 'link'; text: string; url: string };

/** Splits mrkdwn into spans; markup that Slack would not understand stays visible as it was written. */
export function parseMrkdwn(text: string): Span[] {
  const spans: Span[] = [];
  let end = 0;
  for (const match of text.matchAll(/<([^<>\n]+)>/g)) {
    spans.push(...parseStyles(text.slice(end, match.index)));
    spans.push(parseAngle(match[1] as string));
    end = match.index + match[0].length;
  }
  return [...spans, ...parseStyles(text.slice(end))];
}

/** Text without markup: only the three entities are decoded and the usual emoji names shown as emoji. */
export function parsePlain(text: string): Span[] {
  return text === '' ? [] : [{ kind: 'text', text: showEmoji(decodeEntities(text)) }];
}

function parseAngle(inner: string): Span {
  const [target = '', label] = inner.split('|', 2).map(decodeEntities);
  const broadcast = /^!(channel|here|everyone)$/.exec(target);
  if (broadcast) return { kind: 'mention', text: `@${broadcast[1]}` };
  if (/^(!subteam\^|@)\w+$/.test(target)) {
    return { kind: 'mention', text: `@${(label ?? target).replace(/^(!subteam\^|@)/, '')}` };
  }
  if (target.startsWith('!date^')) return { kind: 'text', text: label ?? '' };
  if (/^#\w+$/.test(target)) return { kind: 'text', text: `#${label ?? target.slice(1)}` };
  if (/^(https?:\/\/|mailto:)/i.test(target)) return { kind: 'link', text: label ?? target, url: target };
  return { kind: 'text', text: `<${decodeEntities(inner)}>` };
}

/** Alternatives in the order in which they win; a style mark counts only at the edge of a word. */
const stylePattern = new RegExp(
  [
    '```(?<preformatted>[\\s\\S]+?)```',
    '`(?<code>[^`\\n]+)`',
    '(?<link>https?://[^\\s|]+[^\\s|.,;:!?)])',
    ...[
      ['bold', '\\*'],
      ['italic', '_'],
      ['strike', '~'],
    ].map(
      ([name, mark]) =>
        `(?<![\\p{L}\\p{N}])${mark}(?<${name}>(?!\\s)[^${mark}\\n]+(?<!\\s))${mark}(?![\\p{L}\\p{N}])`,
    ),
  ].join('|'),
  'gu',
);

function parseStyles(text: string): Span[] {
  const spans: Span[] = [];
  let end = 0;
  for (const match of text.matchAll(stylePattern)) {
    spans.push(...parsePlain(text.slice(end, match.index)));
    const [kind, styled] = Object.entries(match.groups ?? {}).find(([, value]) => value !== undefined) as [
      string,
      string,
    ];
    const shown = decodeEntities(styled);
    spans.push(kind === 'link' ? { kind, text: shown, url: shown } : ({ kind, text: shown } as Span));
    end = match.index + match[0].length;
  }
  return [...spans, ...parsePlain(text.slice(end))];
}

function decodeEntities(text: string): string {
  return text.replace(
    /&(amp|lt|gt);/g,
    (_entity, name: 'amp' | 'lt' | 'gt') => ({ amp: '&', lt: '<', gt: '>' })[name],
  );
}

/** The few names that alerts use. Any other stays a name, as Slack shows one that it does not know. */
const emoji: Record<string, string> = {
  rotating_light: '🚨',
  warning: '⚠️',
  white_check_mark: '✅',
  information_source: 'ℹ️',
  fire: '🔥',
  red_circle: '🔴',
  large_green_circle: '🟢',
};

function showEmoji(text: string): string {
  return text.replace(/:([a-z_]+):/g, (name, key: string) => emoji[key] ?? name);
}
