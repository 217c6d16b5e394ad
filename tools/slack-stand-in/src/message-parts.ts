import { parseMrkdwn, parsePlain, type Span } from './mrkdwn';
import { isObject, type JsonObject } from './payload-rules';

/** One visible piece of a message. `bar` is the colour beside an attachment; `url` is where a button leads. */
export type Part = { kind: PartKind; spans: Span[]; bar?: string; url?: string };

type PartKind = 'header' | 'text' | 'field' | 'context' | 'button' | 'image' | 'divider';

/** What a person sees of an accepted payload: blocks take the place of `text`, attachments follow. */
export function createParts(payload: JsonObject): Part[] {
  const blocks = listOf(payload['blocks']);
  const plain = payload['mrkdwn'] === false;
  const main = blocks.length > 0 ? blocks.flatMap(blockParts) : textParts('text', payload['text'], plain);
  return [...main, ...listOf(payload['attachments']).flatMap(attachmentParts)];
}

/** Whom a message calls. The fallback `text` counts even under blocks: it is what the notification shows. */
export function findMentions(payload: JsonObject, parts: Part[]): string[] {
  const fallback = typeof payload['text'] === 'string' ? payload['text'] : '';
  const spans = [...parts.flatMap((part) => part.spans), ...parseMrkdwn(fallback)];
  const written = spans.filter((span) => span.kind === 'mention').map((span) => span.text);
  const linked =
    payload['link_names'] || payload['parse'] === 'full' ? fallback.match(/@(channel|here|everyone)\b/g) : [];
  return [...new Set([...written, ...(linked ?? [])])];
}

function blockParts(block: JsonObject): Part[] {
  const { type, text, fields, accessory, elements, alt_text: altText } = block;
  switch (type) {
    case 'header':
      return textParts('header', text);
    case 'section':
      return [
        ...textParts('text', text),
        ...listOf(fields).flatMap((field) => textParts('field', field)),
        ...(isObject(accessory) ? elementParts(accessory) : []),
      ];
    case 'context':
    case 'actions':
      return listOf(elements).flatMap(elementParts);
    case 'rich_text':
      return listOf(elements).map((element) => ({ kind: 'text', spans: richTextSpans(element) }));
    case 'image':
      return textParts('image', altText, true);
    case 'divider':
      return [{ kind: 'divider', spans: [] }];
    default:
      return textParts('text', text);
  }
}

function elementParts(element: JsonObject): Part[] {
  if (element['type'] === 'image') return textParts('image', element['alt_text'], true);
  if (element['type'] !== 'button') return textParts('context', element);
  const url = element['url'];
  return textParts('button', element['text']).map((part) =>
    typeof url === 'string' ? { ...part, url } : part,
  );
}

function attachmentParts(attachment: JsonObject): Part[] {
  const { color, pretext, title, title_link: titleLink, text, fields, blocks, fallback, footer } = attachment;
  const heading =
    typeof title === 'string' && typeof titleLink === 'string' ? `<${titleLink}|${title}>` : title;
  const shown = [
    ...textParts('header', heading),
    ...textParts('text', text),
    ...listOf(fields).flatMap(({ title: name, value }) =>
      textParts('field', `*${String(name)}*\n${String(value)}`),
    ),
    ...listOf(blocks).flatMap(blockParts),
    ...textParts('context', footer),
  ];
  const barred = shown.length > 0 ? shown : textParts('text', fallback);
  const bar = typeof color === 'string' ? color : 'grey';
  return [...textParts('text', pretext), ...barred.map((part) => ({ ...part, bar }))];
}

/** Text as a string or as a text object; nothing where there is none. */
function textParts(kind: PartKind, text: unknown, plain = false): Part[] {
  const source = isObject(text) ? text['text'] : text;
  if (typeof source !== 'string' || source === '') return [];
  const isPlain = plain || (isObject(text) && text['type'] === 'plain_text');
  return [{ kind, spans: isPlain ? parsePlain(source) : parseMrkdwn(source) }];
}

/** Rich text is a tree of typed leaves; a list item starts on its own line. */
function richTextSpans(element: JsonObject): Span[] {
  const { type, text, url, range, user_id: userId, name } = element;
  if (type === 'broadcast') return [{ kind: 'mention', text: `@${String(range)}` }];
  if (type === 'user') return [{ kind: 'mention', text: `@${String(userId)}` }];
  if (type === 'link') return [{ kind: 'link', text: String(text ?? url), url: String(url) }];
  if (type === 'emoji') return parsePlain(`:${String(name)}:`);
  if (type === 'text') return [{ kind: 'text', text: String(text) }];
  const inner = listOf(element['elements']).map(richTextSpans);
  return type === 'rich_text_list'
    ? inner.flatMap((spans) => [{ kind: 'text', text: '\n• ' }, ...spans])
    : inner.flat();
}

function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
