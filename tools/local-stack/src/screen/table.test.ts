import { renderTable } from './table';

const rows = [
  { service: 'api-gateway', ports: '8000, operations 9101', state: 'ready' },
  { service: 'Redis', ports: '16379', state: 'stopped' },
];

describe('renderTable', () => {
  it('lines the columns up', () => {
    expect(renderTable(rows, false)).toBe(
      [
        '  service       port                    state',
        '  api-gateway   8000, operations 9101   ready',
        '  Redis         16379                   stopped',
      ].join('\n'),
    );
  });

  it('colours the states for a terminal', () => {
    expect(renderTable(rows, true)).toContain('\u001b[32mready\u001b[0m');
  });
});
