import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './stack';

/** A query of a panel that Prometheus answers, with Grafana's variables filled in. */
export interface PanelQuery {
  panel: string;
  query: string;
}

const folder = join(repository, 'deploy/grafana/dashboards');

/** The queries of every panel of every dashboard, as the files have them. */
export function panelQueries(): PanelQuery[] {
  return readdirSync(folder).flatMap((file) => {
    const { title, panels } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Dashboard;
    const asked = panels.filter(({ datasource }) => datasource?.type === 'prometheus');
    return asked.flatMap((panel) =>
      panel.targets.map(({ expr }) => ({
        panel: `${title}: ${panel.title}`,
        query: expr.replaceAll('$__rate_interval', '20s'),
      })),
    );
  });
}

interface Dashboard {
  title: string;
  panels: { title: string; datasource?: { type: string }; targets: { expr: string }[] }[];
}
