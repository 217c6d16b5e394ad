import type { AlertDraft, ResolutionDraft } from '@swfx/alerts';
import { createMetrics } from '@swfx/metrics';
import { Registry } from 'prom-client';
import { countRequests, watchErrorRate } from './watch-error-rate';

const policy = { windowMs: 1_000_000, minimumRequests: 20, criticalPerMille: 10, calmPerMille: 5 };

describe('watchErrorRate', () => {
  const said: (AlertDraft | ResolutionDraft)[] = [];
  const alerts = {
    raise: async (draft: AlertDraft) => void said.push(draft),
    resolve: async (draft: ResolutionDraft) => void said.push(draft),
  };
  beforeEach(() => said.splice(0));

  const metrics = () =>
    createMetrics({
      service: 'api-gateway',
      version: '1',
      environment: 'test',
      names: ['http_requests_total'],
      registry: new Registry(),
    });
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  it('tells once that too many requests fail, and that they do no more', async () => {
    const counted = metrics();
    const answer = (status: string, times: number, endpoint = '/api/{rest}') =>
      counted.add('http_requests_total', times, { method: 'GET', endpoint, status });
    const watch = watchErrorRate({
      alerts,
      policy,
      count: () => countRequests(counted.registry),
      sampleMs: 5,
    });
    answer('503', 100, '/readyz');
    answer('200', 98);
    answer('404', 100);
    await new Promise((resolve) => setImmediate(resolve));
    expect(said).toEqual([]);
    answer('502', 3);
    await until(() => said.length > 0);
    expect(said).toMatchObject([
      {
        incident: 'error-rate:api-gateway',
        kind: 'error_rate_high',
        severity: 'critical',
        watcher: 'process',
        title: 'More than 1 % of the requests fail',
        error: expect.stringMatching(/^1\.5 % .* 5xx: 3 of 201$/),
      },
    ]);
    answer('200', 1_000);
    await until(() => said.length > 1);
    expect(said[1]).toMatchObject({ title: 'The error rate is normal again', watcher: 'process' });
    await watch.stop();
    expect(said).toHaveLength(2);
  });

  it('takes back what it said when it stops', async () => {
    const counts = [{ requests: 0, errors: 0 }];
    const watch = watchErrorRate({
      alerts,
      policy,
      count: async () => counts.shift() ?? { requests: 100, errors: 100 },
      sampleMs: 5,
    });
    await until(() => said.length > 0);
    await watch.stop();
    expect(said.at(-1)).toMatchObject({ title: 'The gateway that saw it has stopped' });
  });
});
