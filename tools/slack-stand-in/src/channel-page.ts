/**
 * The channel as a page. Everything that came from outside passes `escapeHtml`, links keep only schemes that
 * cannot run code, and the page's policy allows no script but its own: what is shown here is by its nature
 * text that an attacker may have had a hand in.
 */
import { createHash } from 'node:crypto';
import type { Message } from './channel';
import { style } from './channel-page-style';
import type { Part } from './message-parts';
import type { Span } from './mrkdwn';

/** Replaces the messages when they have changed, and follows the newest while the reader is at the end. */
const script = `
const channel = document.querySelector('main');
let shown = channel.innerHTML;
const refresh = async () => {
  const response = await fetch('channel').catch(() => undefined);
  document.body.classList.toggle('lost', !response?.ok);
  const html = response?.ok ? await response.text() : shown;
  if (html !== shown) {
    const atEnd = innerHeight + scrollY > document.body.scrollHeight - 80;
    channel.innerHTML = shown = html;
    if (atEnd) scrollTo(0, document.body.scrollHeight);
  }
  setTimeout(refresh, 1000);
};
shown = '';
scrollTo(0, document.body.scrollHeight);
refresh();
`;

/** The policy under which the page is served; the script is allowed by its hash. */
export const pagePolicy = [
  "default-src 'none'",
  `script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`,
  "style-src 'unsafe-inline'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The whole page, complete without its script, which then keeps it fresh. */
export function renderPage(messages: readonly Message[]): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title># platform-alerts</title><style>${style}</style>
<noscript><meta http-equiv="refresh" content="5"></noscript></head>
<body><header class="bar"><h1># platform-alerts</h1><p>Slack stand-in, newest last <span class="state"></span></p></header>
<main>${renderMessages(messages)}</main><script>${script}</script></body></html>`;
}

/** The messages alone, as the page's script fetches them. */
export function renderMessages(messages: readonly Message[]): string {
  if (messages.length === 0)
    return '<p class="empty">No message yet. Break a backup, and it will appear here.</p>';
  return messages.map(renderMessage).join('');
}

function renderMessage({ receivedAt, editedAt, thread, mentions, truncated, parts }: Message): string {
  const calls =
    mentions.length > 0 ? `<span class="note">calls ${escapeHtml(mentions.join(', '))}</span>` : '';
  const cut = truncated ? '<span class="note">cut at 40,000 characters</span>' : '';
  const edited = editedAt === null ? '' : '<span class="note">edited</span>';
  const reply = thread === null ? '' : '<span class="note">in a thread</span>';
  const time = `<time datetime="${receivedAt}">${receivedAt.slice(0, 10)} ${receivedAt.slice(11, 19)} UTC</time>`;
  return `<article><div class="avatar" aria-hidden="true">P</div><div class="body"><div class="who"><b>Platform alerts</b>\
<span class="badge">APP</span>${time}${reply}${edited}${calls}${cut}</div>${renderParts(parts)}</div></article>`;
}

/** Neighbouring parts of one attachment share its bar, and neighbouring fields a grid. */
function renderParts(parts: readonly Part[]): string {
  const groups = groupWhile(parts, (part) => part.bar);
  return groups.map(([bar, group]) => (bar ? renderAttachment(bar, group) : renderGroup(group))).join('');
}

function renderAttachment(bar: string, parts: readonly Part[]): string {
  const named: Record<string, string> = { good: '#2bac76', warning: '#daa038', danger: '#d33' };
  const colour = /^#?[0-9a-f]{6}$/i.test(bar) ? `#${bar.replace('#', '')}` : named[bar];
  return `<div class="attachment"${colour ? ` style="--bar: ${colour}"` : ''}>${renderGroup(parts)}</div>`;
}

function renderGroup(parts: readonly Part[]): string {
  return groupWhile(parts, (part) => part.kind === 'field')
    .map(([isField, group]) => {
      const html = group.map(renderPart).join('');
      return isField ? `<div class="fields">${html}</div>` : html;
    })
    .join('');
}

function renderPart({ kind, spans, url }: Part): string {
  if (kind === 'divider') return '<hr>';
  const html = spans.map(renderSpan).join('');
  return `<div class="${kind}">${url === undefined ? html : renderLink(url, html)}</div>`;
}

const spanTags = {
  bold: 'b',
  italic: 'i',
  strike: 's',
  code: 'code',
  preformatted: 'pre',
  mention: 'mark',
} as const;

function renderSpan(span: Span): string {
  const html = escapeHtml(span.text);
  if (span.kind === 'text') return html;
  if (span.kind === 'link') return renderLink(span.url, html);
  return `<${spanTags[span.kind]}>${html}</${spanTags[span.kind]}>`;
}

function renderLink(url: string, html: string): string {
  if (!/^(https?:\/\/|mailto:)/i.test(url)) return html;
  return `<a href="${escapeHtml(url)}" rel="noreferrer" target="_blank">${html}</a>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function groupWhile<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): [Key, Item[]][] {
  const groups: [Key, Item[]][] = [];
  for (const item of items) {
    const last = groups.at(-1);
    if (last && last[0] === keyOf(item)) last[1].push(item);
    else groups.push([keyOf(item), [item]]);
  }
  return groups;
}
