/** What PromQL writes like a metric and is none. */
const words = new Set(
  'by without on ignoring group_left group_right and or unless offset bool inf nan'.split(' '),
);

/**
 * The metric names that a PromQL expression reads, each once. It takes out what may hold other names (strings, label
 * matchers, ranges, the label lists of aggregations and matchings), then functions. Pure.
 */
export function metricNames(expression: string): string[] {
  const bare = expression
    .replace(/#.*$/gm, ' ')
    .replace(/"(\\.|[^"\\])*"|'(\\.|[^'\\])*'/g, ' ')
    .replace(/\{[^}]*\}|\[[^\]]*\]/g, ' ')
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/gi, ' ')
    .replace(/\boffset\s+\S+/gi, ' ');
  const names = [...bare.matchAll(/(?<![\w.:$])([a-zA-Z_:][\w:]*)(?!\s*\(|\w)/g)].map(
    (match) => match[1] ?? '',
  );
  return [...new Set(names.filter((name) => !words.has(name.toLowerCase())))];
}
