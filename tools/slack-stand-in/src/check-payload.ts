import { checkBlocks } from './check-blocks';
import { checkList, countCodePoints, isObject, type JsonObject } from './payload-rules';

/** Slack's answer to a payload. `error` is the body that Slack sends; `details` say where the fault is. */
export type PayloadVerdict =
  | { verdict: 'accepted'; payload: JsonObject; truncated: boolean }
  | { verdict: 'refused'; error: PayloadError; details: string[] };

/** Slack's words for a payload that it refuses with 400. */
export type PayloadError = 'invalid_payload' | 'no_text' | 'invalid_blocks' | 'invalid_attachments';

const maxTextLength = 40_000;

/** Decides on the body of a webhook call as Slack would; text beyond 40,000 characters is cut, not refused. */
export function checkPayload(contentType: string | undefined, body: string): PayloadVerdict {
  if (!/^application\/json\s*(;|$)/i.test(contentType ?? '')) {
    return refuse('invalid_payload', [
      `the content type is ${contentType ?? 'missing'}, not application/json`,
    ]);
  }
  const payload = parseJson(body);
  if (!isObject(payload)) return refuse('invalid_payload', ['the body is not a JSON object']);
  return checkContent(payload);
}

function checkContent(payload: JsonObject): PayloadVerdict {
  const { text, blocks, attachments } = payload;
  if (text !== undefined && typeof text !== 'string')
    return refuse('invalid_payload', ['text must be a string']);
  const blockProblems = blocks === undefined ? [] : checkBlocks(blocks, 'blocks');
  if (blockProblems.length > 0) return refuse('invalid_blocks', blockProblems);
  const attachmentProblems = attachments === undefined ? [] : checkAttachments(attachments);
  if (attachmentProblems.length > 0) return refuse('invalid_attachments', attachmentProblems);
  if (!hasItems(blocks) && !hasItems(attachments) && !text?.trim()) {
    return refuse('no_text', ['text, blocks or attachments are needed']);
  }
  return accept(payload, text);
}

function accept(payload: JsonObject, text: string | undefined): PayloadVerdict {
  if (text === undefined || countCodePoints(text) <= maxTextLength) {
    return { verdict: 'accepted', payload, truncated: false };
  }
  const cut = [...text].slice(0, maxTextLength).join('');
  return { verdict: 'accepted', payload: { ...payload, text: cut }, truncated: true };
}

function checkAttachments(attachments: unknown): string[] {
  return checkList(attachments, 'attachments', { min: 0, max: 100, item: checkAttachment });
}

const attachmentContent = ['text', 'fallback', 'pretext', 'title', 'fields', 'blocks', 'image_url'];

function checkAttachment(attachment: unknown, path: string): string[] {
  if (!isObject(attachment)) return [`${path} must be an object`];
  if (!attachmentContent.some((key) => attachment[key] !== undefined)) return [`${path} has no content`];
  return attachment['blocks'] === undefined ? [] : checkBlocks(attachment['blocks'], `${path}.blocks`);
}

function refuse(error: PayloadError, details: string[]): PayloadVerdict {
  return { verdict: 'refused', error, details };
}

function hasItems(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
