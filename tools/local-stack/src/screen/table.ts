import { paint } from './paint';

export type TableRow = { service: string; ports: string; state: string };

/** The stack as a table with its header, one line a row. Pure. */
export function renderTable(rows: TableRow[], hasColour: boolean): string {
  const colour = paint(hasColour);
  const header = { service: 'service', ports: 'port', state: 'state' };
  const width = (column: 'service' | 'ports'): number =>
    Math.max(...[header, ...rows].map((row) => row[column].length));
  const widths = { service: width('service'), ports: width('ports') };
  const line = (row: TableRow): string =>
    `  ${row.service.padEnd(widths.service)}   ${row.ports.padEnd(widths.ports)}   ${row.state}`;
  const body = rows.map((row) => {
    const text = line({ ...row, state: '' });
    return `${text}${row.state === 'ready' ? colour.green(row.state) : colour.red(row.state)}`;
  });
  return [colour.bold(line(header)), ...body].join('\n');
}
