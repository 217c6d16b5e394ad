import { metricNames } from './metric-names';

describe('metricNames', () => {
  it.each([
    ['up{job="postgres"} == 1', ['up']],
    ['increase(jwt_key_rotation_total{operation="failed"}[1h]) > 0', ['jwt_key_rotation_total']],
    [
      'sum by (le, job) (rate(a_bucket{endpoint!~"/(health|metrics)"}[5m])) / on (job) group_left b_total offset 5m',
      ['a_bucket', 'b_total'],
    ],
    [
      'slo:errors_bad:ratio5m > 14.4 * 0.001 and on () slo:requests:increase1h >= 100',
      ['slo:errors_bad:ratio5m', 'slo:requests:increase1h'],
    ],
    ['# a comment\nvector(1) or absent(x) unless y', ['x', 'y']],
    ['rate(http_requests_total[$__rate_interval]) > 1e6', ['http_requests_total']],
  ])('reads %s', (expression, names) => {
    expect(metricNames(expression)).toEqual(names);
  });
});
