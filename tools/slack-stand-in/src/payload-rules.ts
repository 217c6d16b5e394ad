/** Small checks from which the payload's rules are made. Each returns the problems that it found, with their place. */

/** Any JSON object, before it is known to be more. */
export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Slack's limits count Unicode code points: an emoji outside the basic plane is one, not two. */
export function countCodePoints(text: string): number {
  return [...text].length;
}

/** A string of 1…max code points; undefined is allowed where `optional` is set. */
export function checkString(
  value: unknown,
  path: string,
  rule: { max: number; optional?: boolean },
): string[] {
  if (value === undefined && rule.optional) return [];
  if (typeof value !== 'string') return [`${path} must be a string`];
  if (value === '') return [`${path} must not be empty`];
  const length = countCodePoints(value);
  return length > rule.max ? [`${path} has ${length} characters, at most ${rule.max} are allowed`] : [];
}

/** A text object: `{ type: 'plain_text' | 'mrkdwn', text }`. */
export function checkText(
  value: unknown,
  path: string,
  rule: { max: number; plainOnly?: boolean },
): string[] {
  if (!isObject(value)) return [`${path} must be a text object`];
  const types = rule.plainOnly ? ['plain_text'] : ['plain_text', 'mrkdwn'];
  if (!types.includes(value['type'] as string)) return [`${path}.type must be ${types.join(' or ')}`];
  return [
    ...checkKeys(
      value,
      path,
      value['type'] === 'mrkdwn' ? ['type', 'text', 'verbatim'] : ['type', 'text', 'emoji'],
    ),
    ...checkString(value['text'], `${path}.text`, { max: rule.max }),
  ];
}

/** A list of min…max items, each checked. */
export function checkList(
  value: unknown,
  path: string,
  rule: { min: number; max: number; item: (item: unknown, path: string) => string[] },
): string[] {
  if (!Array.isArray(value)) return [`${path} must be a list`];
  if (value.length < rule.min || value.length > rule.max) {
    return [`${path} has ${value.length} items, ${rule.min} to ${rule.max} are allowed`];
  }
  return value.flatMap((item, index) => rule.item(item, `${path}[${index}]`));
}

/** Slack refuses properties that it does not know. */
export function checkKeys(value: JsonObject, path: string, known: readonly string[]): string[] {
  const unknown = Object.keys(value).filter((key) => !known.includes(key));
  return unknown.map((key) => `${path}.${key} is not a property of this object`);
}
