/**
 * The channel as a page. Everything that came from outside passes `escapeHtml`, links keep only schemes that
 * cannot run code, and the page's policy allows no script but its own: what is shown here is by its nature
 * text that an attacker may have had a hand in.
 */
import { createHash } from 'node:crypto';
import type { Message } from './channel';
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

const style = `
:root { color-scheme: light dark; --ink: #1d1c1d; --soft: #616061; --paper: #fff; --line: #e4e2e4; --link: #1264a3;
  --code: #c01343; --shade: #f6f5f6; --call: #fdf0c4; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8e8; --soft: #a3a3a6; --paper: #1a1d21; --line: #35373b;
  --link: #62b5ef; --code: #ee8ba8; --shade: #232529; --call: #5a4a14; } }
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
header.bar { position: sticky; top: 0; z-index: 1; display: flex; gap: .75rem; align-items: baseline; padding: .8rem 1.25rem;
  background: var(--paper); border-bottom: 1px solid var(--line); }
header.bar h1 { margin: 0; font-size: 1.1rem; } header.bar p { margin: 0; color: var(--soft); font-size: .85rem; }
.state::before { content: '● live'; color: #2bac76; } .lost .state::before { content: '● not reachable'; color: #d33; }
main { max-width: 54rem; padding: .5rem 1.25rem 2rem; }
article { display: grid; grid-template-columns: 36px 1fr; gap: 0 .7rem; padding: .7rem 0; }
article + article { border-top: 1px solid var(--line); }
.avatar { width: 36px; height: 36px; border-radius: 6px; display: grid; place-items: center; background: #4a154b; color: #fff; font-weight: 700; }
.who { display: flex; flex-wrap: wrap; gap: .45rem; align-items: baseline; } .who time, .who .note { color: var(--soft); font-size: .8rem; }
.badge { padding: 0 .3rem; border-radius: 3px; background: var(--line); color: var(--soft); font-size: .65rem; font-weight: 700; }
.body, .body div { min-width: 0; overflow-wrap: anywhere; } .body div { white-space: pre-wrap; }
.header { font-weight: 700; font-size: 1.1rem; } .context, .image { color: var(--soft); font-size: .85rem; }
.fields { display: grid; grid-template-columns: 1fr 1fr; gap: .3rem 1.2rem; margin: .25rem 0; } hr { border: 0; border-top: 1px solid var(--line); margin: .5rem 0; width: 100%; }
.attachment { border-left: 4px solid var(--bar, var(--line)); border-radius: 4px; padding-left: .75rem; margin: .3rem 0; }
.button { display: inline-block !important; border: 1px solid var(--line); border-radius: 4px; padding: .15rem .7rem; margin: .25rem .4rem .25rem 0; font-weight: 600; font-size: .87rem; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
code, pre { font: .85em/1.5 ui-monospace, monospace; background: var(--shade); border: 1px solid var(--line); border-radius: 3px; }
code { padding: .1em .25em; color: var(--code); } pre { margin: .25rem 0; padding: .5rem; white-space: pre-wrap; }
mark { padding: 0 .15em; border-radius: 3px; background: var(--call); color: inherit; font-weight: 600; }
.empty { padding: 3rem 0; text-align: center; color: var(--soft); }
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

function renderMessage({ receivedAt, mentions, truncated, parts }: Message): string {
  const calls =
    mentions.length > 0 ? `<span class="note">calls ${escapeHtml(mentions.join(', '))}</span>` : '';
  const cut = truncated ? '<span class="note">cut at 40,000 characters</span>' : '';
  const time = `<time datetime="${receivedAt}">${receivedAt.slice(0, 10)} ${receivedAt.slice(11, 19)} UTC</time>`;
  return `<article><div class="avatar" aria-hidden="true">P</div><div class="body"><div class="who"><b>Platform alerts</b>\
<span class="badge">APP</span>${time}${calls}${cut}</div>${renderParts(parts)}</div></article>`;
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
