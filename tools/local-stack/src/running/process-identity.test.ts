import { parseProcessStart, startOfProcess } from './process-identity';

const numbers = Array.from({ length: 49 }, (_, index) => index + 4).join(' ');

describe('parseProcessStart', () => {
  it('reads the 22nd field, also behind a name with brackets and spaces', () => {
    expect(parseProcessStart(`42 (a) b (c)) S ${numbers}`)).toBe('22');
  });

  it('does not take a zombie for a process', () => {
    expect(parseProcessStart(`42 (node) Z ${numbers}`)).toBeUndefined();
  });
});

describe('startOfProcess', () => {
  it('tells the same of a process each time, and nothing of one that does not exist', async () => {
    expect(await startOfProcess(process.pid)).toBe(await startOfProcess(process.pid));
    expect(await startOfProcess(2 ** 22 + 1)).toBeUndefined();
  });
});
