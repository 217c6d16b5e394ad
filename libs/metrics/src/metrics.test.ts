import { Registry } from 'prom-client';
import { metricCatalogue, type MetricName } from './catalogue';
import { createMetrics } from './metrics';
import { generateMetrics, startMetricsServer } from './metrics-server';

function metricsOf(...names: MetricName[]) {
  return createMetrics({
    service: 'test',
    version: '1.0.0',
    environment: 'test',
    names,
    registry: new Registry(),
  });
}

describe('createMetrics', () => {
  it('shows every series with known labels at zero from the first scrape', async () => {
    const metrics = metricsOf('jwt_key_rotation_total', 'db_backup_total', 'db_backup_duration_seconds');
    const { body } = await generateMetrics(metrics.registry);
    for (const operation of ['succeeded', 'noop', 'lock_contended', 'failed']) {
      expect(body).toContain(`jwt_key_rotation_total{env="test",operation="${operation}"} 0`);
    }
    expect(body).toContain('db_backup_total{env="test"} 0');
    expect(body).toContain('db_backup_duration_seconds_bucket{le="300",env="test"} 0');
    expect(body).toContain('app_build_info{service="test",version="1.0.0"} 1');
    expect(body).toContain('process_cpu_user_seconds_total');
  });

  it('fills in env, and only where the contract has it', async () => {
    const metrics = metricsOf('db_backup_total', 'celery_task_total');
    metrics.increment('db_backup_total');
    metrics.add('celery_task_total', 2, { task_name: 'db_backup', status: 'success' });
    const { body } = await generateMetrics(metrics.registry);
    expect(body).toContain('db_backup_total{env="test"} 1');
    expect(body).toContain('celery_task_total{task_name="db_backup",status="success"} 2');
  });

  it('refuses a metric that the service did not declare', () => {
    expect(() => metricsOf().increment('db_backup_total')).toThrow(
      'does not declare the metric db_backup_total',
    );
  });

  it('reads gauges that are set at scrape time', async () => {
    const metrics = metricsOf('jwt_active_key_age_seconds');
    metrics.onScrape(() => metrics.set('jwt_active_key_age_seconds', 7));
    expect((await generateMetrics(metrics.registry)).body).toContain('jwt_active_key_age_seconds 7');
  });
});

describe('metricCatalogue', () => {
  it.each([
    ['http_request_duration_seconds', 0.2],
    ['http_request_duration_seconds', 0.5],
    ['db_backup_duration_seconds', 300],
    ['db_backup_duration_seconds', 21600],
    ['db_backup_size_bytes', 1024],
    ['db_backup_size_bytes', 1024 ** 4],
    ['jwt_key_rotation_duration_seconds', 0.005],
    ['jwt_key_rotation_duration_seconds', 60],
  ] as const)('gives %s an edge at %d', (name, edge) => {
    expect(metricCatalogue[name].buckets).toContain(edge);
  });
});

describe('startMetricsServer', () => {
  it('answers /metrics and nothing else', async () => {
    const metrics = metricsOf('db_backup_total');
    const server = await startMetricsServer({ port: 0, host: '127.0.0.1', registry: metrics.registry });
    try {
      const answer = await fetch(`http://127.0.0.1:${server.port}/metrics`);
      expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4');
      expect(await answer.text()).toContain('db_backup_total');
      expect((await fetch(`http://127.0.0.1:${server.port}/`)).status).toBe(404);
    } finally {
      await server.stop();
    }
  });
});
