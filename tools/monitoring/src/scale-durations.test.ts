import { scaleDurations } from './scale-durations';

it('divides ranges, offsets and pending times, and nothing else', () => {
  const rule = 'expr: increase(a_total[1h]) > 300 and b offset 15m\nfor: 5m\nsummary: "for 5m [x]"\n';
  expect(scaleDurations(rule, 60, 2)).toBe(
    'expr: increase(a_total[60s]) > 300 and b offset 15s\nfor: 5s\nsummary: "for 5m [x]"\n',
  );
});

it('leaves room for a few scrapes, and zero at zero', () => {
  expect(scaleDurations('expr: rate(a[5m])\nfor: 0m\n', 100, 10)).toBe('expr: rate(a[10s])\nfor: 0s\n');
});
