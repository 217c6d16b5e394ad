import type { PastBackup } from '../catalogue/backup-history';
import { formatBytes } from '../operator/format-bytes';
import { median } from './median';

const atLeast = 3;

/**
 * What is unusual about a backup, measured by the ones before it: a size or a number of rows outside half to one and a
 * half of their median, or a table that had rows the last time and has none now. A backup can be flawless and still
 * tell of an accident in the database that it was made of.
 */
export function findAnomalies(
  current: Pick<PastBackup, 'sizeBytes' | 'rows' | 'tables'>,
  history: readonly PastBackup[],
): string[] {
  const [last] = history;
  if (!last || history.length < atLeast) return [];
  const size = median(history.map(({ sizeBytes }) => sizeBytes));
  const rows = median(history.map((past) => past.rows));
  const emptied = Object.entries(last.tables).filter(
    ([table, had]) => had > 0 && (current.tables[table] ?? 0) === 0,
  );
  return [
    ...(isFar(current.sizeBytes, size)
      ? [`it takes ${formatBytes(current.sizeBytes)}, and the last ones took ${formatBytes(size)}`]
      : []),
    ...(isFar(current.rows, rows) ? [`it has ${current.rows} rows, and the last ones had ${rows}`] : []),
    ...emptied.map(([table, had]) => `${table} has no rows any more, and had ${had} the last time`),
  ];
}

function isFar(value: number, usual: number): boolean {
  return value < usual * 0.5 || value > usual * 1.5;
}
