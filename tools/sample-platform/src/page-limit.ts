/** How many rows a list may return: `?limit=` in 1…200, 50 when absent; undefined when it is not such a number. */
export function parseLimit(value: unknown): number | undefined {
  if (value === undefined) return 50;
  if (typeof value !== 'string' || !/^\d{1,3}$/.test(value)) return undefined;
  const limit = Number(value);
  return limit >= 1 && limit <= 200 ? limit : undefined;
}

/** What a caller is told about a limit that `parseLimit` refused. */
export const limitRule = 'limit must be a whole number from 1 to 200.';
