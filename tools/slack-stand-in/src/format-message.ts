import type { Message } from './channel';

/** A message as one block of lines for a terminal. Control characters are shown, never obeyed. */
export function formatMessage({ receivedAt, editedAt, thread, text, mentions }: Message): string {
  const lines = text.split('\n').map((line) => `│ ${printable(line)}`);
  const calls = mentions.length > 0 ? ` calls ${printable(mentions.join(', '))}` : '';
  const how = `${thread === null ? '' : ', in a thread'}${editedAt === null ? '' : ', edited'}`;
  return [`┌ Slack ${editedAt ?? receivedAt}${how}`, ...lines, `└${calls}`].join('\n');
}

/** A refused call, with what Slack would say and what it would leave to be guessed. */
export function formatRefusal(error: string, details: string[]): string {
  return [
    `┌ Slack refused a message: ${error}`,
    ...details.map((detail) => `│ ${printable(detail)}`),
    '└',
  ].join('\n');
}

function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) =>
    character === '\t' ? ' ' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
