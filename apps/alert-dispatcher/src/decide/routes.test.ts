import { matchesPattern } from './matches-pattern';
import { routesOf, routeSchema } from './routes';

const alert = {
  key: 'backup:platform',
  severity: 'critical',
  service: 'backup-service',
  context: { team: 'data' },
};
const policy = (routes: object[]) => ({
  routes: routes.map((route) => routeSchema.parse(route)),
  destinations: ['slack', 'oncall', 'data'],
  fallback: 'data',
});

describe('routesOf', () => {
  it('goes to the first destination where no route matches', () => {
    expect(routesOf(alert, policy([]))).toEqual([{ destination: 'slack', afterSeconds: 0 }]);
    expect(routesOf(alert, policy([{ match: { severity: ['info'] }, to: ['data'] }]))).toEqual([
      { destination: 'slack', afterSeconds: 0 },
    ]);
  });

  it('goes to every destination of every route that matches, once, and as early as one says', () => {
    const routes = [
      { match: { severity: ['critical'] }, to: ['slack'] },
      { match: { service: ['backup-*'] }, to: ['oncall', 'slack'], afterSeconds: 900 },
      { match: { labels: { team: 'data' } }, to: ['data'] },
      { match: { labels: { team: 'web' } }, to: ['oncall'] },
    ];
    expect(routesOf(alert, policy(routes))).toEqual([
      { destination: 'slack', afterSeconds: 0 },
      { destination: 'oncall', afterSeconds: 900 },
      { destination: 'data', afterSeconds: 0 },
    ]);
  });

  it('knows no destination that is not served', () => {
    const off = { ...policy([{ to: ['oncall'] }]), destinations: [] };
    expect(routesOf(alert, off)).toEqual([]);
    expect(routesOf({ ...alert, key: 'destination:slack' }, off)).toEqual([]);
  });

  it('tells the heartbeat to its own destination, and that of nothing else', () => {
    const beating = { ...policy([]), destinations: ['heartbeat', 'slack'] };
    expect(routesOf({ ...alert, key: 'alert-heartbeat' }, beating)).toEqual([
      { destination: 'heartbeat', afterSeconds: 0 },
    ]);
    expect(routesOf({ ...alert, key: 'alert-heartbeat' }, policy([]))).toEqual([]);
    expect(routesOf(alert, beating)).toEqual([{ destination: 'slack', afterSeconds: 0 }]);
  });

  it('tells of a destination that refuses everything elsewhere', () => {
    expect(routesOf({ ...alert, key: 'destination:slack' }, policy([]))).toEqual([
      { destination: 'data', afterSeconds: 0 },
    ]);
    expect(routesOf({ ...alert, key: 'destination:slack' }, { ...policy([]), fallback: undefined })).toEqual(
      [],
    );
  });
});

test.each([
  ['backup:*', 'backup:platform', true],
  ['*', '', true],
  ['a*b*c', 'a-b-b-c', true],
  ['a*b', 'ab', true],
  ['a*ba', 'aba', true],
  ['ab*ba', 'aba', false],
  ['backup', 'backup:platform', false],
  ['a.c', 'abc', false],
])('the pattern %s fits %s: %s', (pattern, text, fits) => {
  expect(matchesPattern(pattern, text)).toBe(fits);
});
