import type { TableLayout } from './read-layout';

/** Pages of a table, the last one not included; without an end it is all that follows. */
export interface Slice {
  from: number;
  to: number | undefined;
}

/**
 * Cuts a table into slices of about so many bytes, so that several sessions share a large one, and so that there can be a
 * pause between two of them. The last slice has no end: whatever the table's length, nothing is left out.
 */
export function planSlices(
  { pages, bytes }: Pick<TableLayout, 'pages' | 'bytes'>,
  sliceBytes: number,
): Slice[] {
  if (!pages) return [{ from: 0, to: undefined }];
  const pagesPerSlice = Math.max(1, Math.floor(sliceBytes / Math.max(1, bytes / pages)));
  const slices: Slice[] = [];
  for (let from = 0; from < pages; from += pagesPerSlice) slices.push({ from, to: from + pagesPerSlice });
  return slices.map(({ from, to }, at) => ({ from, to: at === slices.length - 1 ? undefined : to }));
}

/** The slice as a condition on the table; empty for a whole one. */
export function sliceCondition({ from, to }: Slice): string {
  const bounds = [
    ...(from > 0 ? [`ctid >= '(${from},0)'`] : []),
    ...(to === undefined ? [] : [`ctid < '(${to},0)'`]),
  ];
  return bounds.length === 0 ? '' : `WHERE ${bounds.join(' AND ')}`;
}
