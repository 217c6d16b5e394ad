/** The contents of every inline code span of a markdown text; fenced blocks are left out. */
export function codeSpans(markdown: string): string[] {
  return [...withoutFences(markdown).matchAll(/`([^`\n]+)`/g)].map(([, span]) => String(span));
}

/** Every line of every fenced block, without comments. */
export function fencedLines(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map(([, block]) => String(block));
  return blocks.flatMap((block) => block.split('\n').map((line) => line.replace(/(^|\s)#.*$/, '').trim()));
}

/** The targets of links that stay in the repository, without their anchors. */
export function localLinks(markdown: string): string[] {
  return [...withoutFences(markdown).matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)]
    .map(([, target]) => String(target))
    .filter((target) => !/^[a-z]+:/.test(target));
}

function withoutFences(markdown: string): string {
  return markdown.replace(/^```[\s\S]*?^```$/gm, '');
}
