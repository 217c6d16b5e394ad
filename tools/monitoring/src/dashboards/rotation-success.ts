const ratio = (succeeded: string, all: string): string =>
  `sum by (env) (${succeeded}) / sum by (env) (${all})`;

const succeeded = 'jwt_key_rotation_total{operation="succeeded"}';
const counted = 'jwt_key_rotation_total{operation=~"succeeded|failed"}';

/**
 * KPI "JWT Key Rotation Success" over 7 days; and since the service started, as long as Prometheus has not seen a
 * rotation itself, when the increase over any window is 0 / 0.
 */
export const rotationSuccess = `${ratio(`increase(${succeeded}[7d])`, `increase(${counted}[7d])`)} >= 0 or ${ratio(succeeded, counted)}`;
