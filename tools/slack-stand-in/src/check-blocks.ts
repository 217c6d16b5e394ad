/**
 * Block Kit's rules for the blocks that a notification can use, after Slack's reference
 * (https://docs.slack.dev/reference/block-kit/blocks). Any other type is refused, which may be stricter than
 * Slack and never laxer: what passes here must pass there.
 */
import {
  checkKeys,
  checkList,
  checkString,
  checkText,
  countCodePoints,
  isObject,
  type JsonObject,
} from './payload-rules';

type BlockRule = { keys: readonly string[]; check: (block: JsonObject, path: string) => string[] };

/** Every problem of a list of blocks; an empty list of problems means that Slack would take it. */
export function checkBlocks(blocks: unknown, path: string): string[] {
  return [
    ...checkList(blocks, path, { min: 0, max: 50, item: checkBlock }),
    ...checkUniqueBlockIds(blocks, path),
    ...checkMarkdownTotal(blocks, path),
  ];
}

function checkBlock(block: unknown, path: string): string[] {
  if (!isObject(block)) return [`${path} must be an object`];
  const rule = blockRules[String(block['type'])];
  if (!rule) return [`${path}.type ${JSON.stringify(block['type'])} is not one that this stand-in knows`];
  return [
    ...checkKeys(block, path, ['type', 'block_id', ...rule.keys]),
    ...checkString(block['block_id'], `${path}.block_id`, { max: 255, optional: true }),
    ...rule.check(block, path),
  ];
}

const blockRules = Object.assign(Object.create(null) as Record<string, BlockRule>, {
  section: { keys: ['text', 'fields', 'accessory', 'expand'], check: checkSection },
  header: {
    keys: ['text'],
    check: (block, path) => checkText(block['text'], `${path}.text`, { max: 150, plainOnly: true }),
  },
  divider: { keys: [], check: () => [] },
  context: {
    keys: ['elements'],
    check: (block, path) =>
      checkList(block['elements'], `${path}.elements`, { min: 1, max: 10, item: checkContextElement }),
  },
  actions: {
    keys: ['elements'],
    check: (block, path) =>
      checkList(block['elements'], `${path}.elements`, { min: 1, max: 25, item: checkButton }),
  },
  image: { keys: ['image_url', 'alt_text', 'title'], check: checkImageBlock },
  markdown: {
    keys: ['text'],
    check: (block, path) => checkString(block['text'], `${path}.text`, { max: 12_000 }),
  },
  rich_text: {
    keys: ['elements'],
    check: (block, path) =>
      checkList(block['elements'], `${path}.elements`, { min: 1, max: 1_000, item: checkRichTextElement }),
  },
} satisfies Record<string, BlockRule>);

function checkSection(block: JsonObject, path: string): string[] {
  const { text, fields, accessory } = block;
  if (text === undefined && fields === undefined) return [`${path} needs text or fields`];
  const item = (field: unknown, at: string) => checkText(field, at, { max: 2_000 });
  return [
    ...(text === undefined ? [] : checkText(text, `${path}.text`, { max: 3_000 })),
    ...(fields === undefined ? [] : checkList(fields, `${path}.fields`, { min: 1, max: 10, item })),
    ...(accessory === undefined ? [] : checkAccessory(accessory, `${path}.accessory`)),
  ];
}

function checkAccessory(element: unknown, path: string): string[] {
  return isObject(element) && element['type'] === 'image'
    ? checkImage(element, path)
    : checkButton(element, path);
}

function checkContextElement(element: unknown, path: string): string[] {
  if (isObject(element) && element['type'] === 'image') return checkImage(element, path);
  return checkText(element, path, { max: 3_000 });
}

function checkImage(image: JsonObject, path: string): string[] {
  return [...checkKeys(image, path, ['type', 'image_url', 'alt_text']), ...checkImageSource(image, path)];
}

function checkImageBlock(block: JsonObject, path: string): string[] {
  const { title } = block;
  return [
    ...checkImageSource(block, path),
    ...(title === undefined ? [] : checkText(title, `${path}.title`, { max: 2_000, plainOnly: true })),
  ];
}

function checkImageSource(image: JsonObject, path: string): string[] {
  return [
    ...checkUrl(image['image_url'], `${path}.image_url`),
    ...checkString(image['alt_text'], `${path}.alt_text`, { max: 2_000 }),
  ];
}

const buttonKeys = ['type', 'text', 'action_id', 'url', 'value', 'style', 'accessibility_label'];

function checkButton(element: unknown, path: string): string[] {
  if (!isObject(element) || element['type'] !== 'button') return [`${path} must be a button`];
  const { text, action_id: actionId, url, value, style } = element;
  return [
    ...checkKeys(element, path, buttonKeys),
    ...checkText(text, `${path}.text`, { max: 75, plainOnly: true }),
    ...checkString(actionId, `${path}.action_id`, { max: 255, optional: true }),
    ...checkString(value, `${path}.value`, { max: 2_000, optional: true }),
    ...(url === undefined ? [] : checkUrl(url, `${path}.url`)),
    ...(style === undefined || style === 'primary' || style === 'danger' ? [] : [`${path}.style is unknown`]),
  ];
}

function checkUrl(value: unknown, path: string): string[] {
  const problems = checkString(value, path, { max: 3_000 });
  if (problems.length > 0) return problems;
  return /^https?:\/\/[^/\s]+/i.test(value as string) ? [] : [`${path} must be an http or https URL`];
}

const richTextTypes = ['rich_text_section', 'rich_text_list', 'rich_text_preformatted', 'rich_text_quote'];

function checkRichTextElement(element: unknown, path: string): string[] {
  if (!isObject(element) || !richTextTypes.includes(element['type'] as string)) {
    return [`${path}.type must be one of ${richTextTypes.join(', ')}`];
  }
  return Array.isArray(element['elements']) ? [] : [`${path}.elements must be a list`];
}

function checkUniqueBlockIds(blocks: unknown, path: string): string[] {
  if (!Array.isArray(blocks)) return [];
  const ids = blocks.flatMap((block) => (isObject(block) && block['block_id'] ? [block['block_id']] : []));
  return new Set(ids).size === ids.length ? [] : [`${path} use a block_id twice`];
}

function checkMarkdownTotal(blocks: unknown, path: string): string[] {
  if (!Array.isArray(blocks)) return [];
  const texts = blocks.flatMap((block) =>
    isObject(block) && block['type'] === 'markdown' ? [block['text']] : [],
  );
  const total = countCodePoints(texts.join(''));
  return total > 12_000 ? [`${path} have ${total} characters of markdown, at most 12000 are allowed`] : [];
}
