import { metricCatalogue, type MetricDefinition } from '@swfx/metrics';

/** The first metric table of the published contract: other people's dashboards and rules read these names. */
const contract: Record<string, { type: MetricDefinition['type']; labels: string[] }> = {
  db_backup_total: { type: 'counter', labels: ['env'] },
  db_backup_failed_total: { type: 'counter', labels: ['env'] },
  db_backup_duration_seconds: { type: 'histogram', labels: ['env'] },
  db_backup_size_bytes: { type: 'histogram', labels: ['env'] },
  jwt_key_rotation_total: { type: 'counter', labels: ['env', 'operation'] },
  jwt_key_rotation_duration_seconds: { type: 'histogram', labels: ['env'] },
  jwt_active_keys_total: { type: 'gauge', labels: ['env'] },
  jwt_key_rotations_total: { type: 'counter', labels: [] },
  jwt_key_retirements_total: { type: 'counter', labels: [] },
  jwt_key_rotation_errors_total: { type: 'counter', labels: [] },
  http_requests_total: { type: 'counter', labels: ['endpoint', 'method', 'status'] },
  http_request_duration_seconds: { type: 'histogram', labels: ['endpoint', 'method'] },
  celery_task_total: { type: 'counter', labels: ['status', 'task_name'] },
  celery_task_duration_seconds: { type: 'histogram', labels: ['task_name'] },
  celery_workers_active: { type: 'gauge', labels: [] },
};

const catalogue: Record<string, MetricDefinition> = metricCatalogue;

test.each(Object.keys(contract))('%s has the type and exactly the labels of the contract', (name) => {
  const definition = catalogue[name];
  expect(definition && { type: definition.type, labels: Object.keys(definition.labels).sort() }).toEqual(
    contract[name],
  );
});

test('the closed label values are those of the contract', () => {
  const { jwt_key_rotation_total: rotations, celery_task_total: tasks } = metricCatalogue;
  expect(rotations.labels.operation).toEqual(['succeeded', 'noop', 'lock_contended', 'failed']);
  expect(tasks.labels.status).toEqual(['success', 'failure', 'retry']);
});

test('a threshold that a rule compares with is the edge of a bucket', () => {
  expect(metricCatalogue.db_backup_duration_seconds.buckets).toContain(300);
  expect(metricCatalogue.http_request_duration_seconds.buckets).toEqual(expect.arrayContaining([0.2, 0.5]));
});
