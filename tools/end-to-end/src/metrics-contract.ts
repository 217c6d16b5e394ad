/** The first metric table of the published contract: on which port each name is, and with exactly which labels. */
export const contractMetrics: {
  port: string;
  name: string;
  labels: string[];
  type: 'counter' | 'histogram' | 'gauge';
}[] = [
  ...['db_backup_total', 'db_backup_failed_total'].map((name) =>
    of('backupOperations', name, 'counter', 'env'),
  ),
  ...['db_backup_duration_seconds', 'db_backup_size_bytes'].map((name) =>
    of('backupOperations', name, 'histogram', 'env'),
  ),
  of('rotationOperations', 'jwt_key_rotation_total', 'counter', 'env', 'operation'),
  of('rotationOperations', 'jwt_key_rotation_duration_seconds', 'histogram', 'env'),
  of('rotationOperations', 'jwt_active_keys_total', 'gauge', 'env'),
  ...['jwt_key_rotations_total', 'jwt_key_retirements_total', 'jwt_key_rotation_errors_total'].map((name) =>
    of('rotationOperations', name, 'counter'),
  ),
  ...['gatewayOperations', 'rotationOperations', 'backupOperations', 'dispatcherOperations'].flatMap(
    (port) => [
      of(port, 'http_requests_total', 'counter', 'method', 'endpoint', 'status'),
      of(port, 'http_request_duration_seconds', 'histogram', 'method', 'endpoint'),
    ],
  ),
  ...['rotationOperations', 'backupOperations', 'dispatcherOperations'].flatMap((port) => [
    of(port, 'celery_task_total', 'counter', 'task_name', 'status'),
    of(port, 'celery_task_duration_seconds', 'histogram', 'task_name'),
    of(port, 'celery_workers_active', 'gauge'),
  ]),
];

function of(port: string, name: string, type: 'counter' | 'histogram' | 'gauge', ...labels: string[]) {
  return { port, name, type, labels };
}

/** The label names of each series of a metric in Prometheus's text format; a histogram's `le` is left out. */
export function labelSets(text: string, name: string, type: string): string[][] {
  const sample = type === 'histogram' ? `${name}_count` : name;
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${sample}{`) || line.startsWith(`${sample} `))
    .map((line) =>
      [...(/\{(.*)\}/.exec(line)?.[1] ?? '').matchAll(/([a-z_]+)="/g)]
        .map((match) => match[1] as string)
        .sort(),
    );
}
