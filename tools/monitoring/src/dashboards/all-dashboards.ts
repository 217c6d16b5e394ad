import { backupOperations } from './backup-operations';
import { buildDashboard } from './build-dashboard';
import type { DashboardSpec } from './dashboard-spec';
import { jwtKeyRotation } from './jwt-key-rotation';
import { objectives } from './objectives';
import { security } from './security';
import { serviceDashboards } from './services';
import { systemOverview } from './system-overview';

export const dashboardSpecs: DashboardSpec[] = [
  systemOverview,
  backupOperations,
  security,
  jwtKeyRotation,
  objectives,
  ...serviceDashboards,
];

/** The content of each file of `deploy/grafana/dashboards`, by its path. Pure. */
export function dashboardFiles(): Record<string, string> {
  const files = dashboardSpecs.map((spec) => [
    `deploy/grafana/dashboards/${spec.uid}.json`,
    `${JSON.stringify(buildDashboard(spec), undefined, 2)}\n`,
  ]);
  return Object.fromEntries(files) as Record<string, string>;
}
