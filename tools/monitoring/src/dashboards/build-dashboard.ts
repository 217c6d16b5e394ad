import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueGraphMode,
  BigValueTextMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  ReduceDataOptionsBuilder,
  SortOrder,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type Dashboard,
  type Panel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as GaugeBuilder } from '@grafana/grafana-foundation-sdk/gauge';
import { PanelBuilder as LogsBuilder } from '@grafana/grafana-foundation-sdk/logs';
import { DataqueryBuilder as LokiQueryBuilder } from '@grafana/grafana-foundation-sdk/loki';
import { DataqueryBuilder as PrometheusQueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import type { DashboardSpec, PanelSpec } from './dashboard-spec';

/** The uids of the provisioned data sources, in `deploy/grafana/provisioning/datasources`. */
const dataSources = {
  prometheus: { type: 'prometheus', uid: 'prometheus' },
  loki: { type: 'loki', uid: 'loki' },
};

const tag = 'smartwalletfx';

/** From each dashboard to the others, over the time that is looked at. */
function otherDashboards(): DashboardLinkBuilder {
  return new DashboardLinkBuilder('Dashboards')
    .type(DashboardLinkType.Dashboards)
    .tags([tag])
    .asDropdown(true)
    .keepTime(true);
}

/** The dashboard as Grafana reads it. Pure. */
export function buildDashboard(spec: DashboardSpec): Dashboard {
  const dashboard = new DashboardBuilder(spec.title)
    .uid(spec.uid)
    .description(spec.description)
    .tags([tag])
    .time({ from: 'now-6h', to: 'now' })
    .refresh('30s')
    .tooltip(DashboardCursorSync.Crosshair)
    .link(otherDashboards())
    .readonly();
  let id = 0;
  for (const row of spec.rows) {
    dashboard.withRow(new RowBuilder(row.title).id((id += 1)));
    for (const panel of row.panels) dashboard.withPanel(buildPanel(panel, (id += 1)));
  }
  return dashboard.build();
}

function buildPanel(spec: PanelSpec, id: number): Builder<Panel> {
  const panel = builderOf(spec)
    .id(id)
    .title(spec.title)
    .datasource(spec.kind === 'logs' ? dataSources.loki : dataSources.prometheus)
    .height(8)
    .span({ lines: 12, logs: 24, figure: 6, gauge: 6 }[spec.kind])
    .targets(Object.entries(spec.queries).map(([legend, expr], index) => query(spec, legend, expr, index)));
  if (spec.description) panel.description(spec.description);
  return panel;
}

function builderOf(spec: PanelSpec) {
  if (spec.kind === 'logs')
    return new LogsBuilder().showTime(true).wrapLogMessage(true).enableLogDetails(true);
  if (spec.kind === 'lines') return linesOf(spec);
  return spec.kind === 'gauge' ? gaugeOf(spec) : figureOf(spec);
}

function linesOf(spec: PanelSpec) {
  const style = isJudged(spec) ? GraphThresholdsStyleMode.Dashed : GraphThresholdsStyleMode.Off;
  return (
    new TimeseriesBuilder()
      .unit(spec.unit ?? 'short')
      .thresholds(thresholdsOf(spec))
      .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(style))
      // Without a word about them, the SDK hides the legend and shows one line at a time.
      .legend(new VizLegendOptionsBuilder().displayMode(LegendDisplayMode.List).showLegend(true))
      .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
  );
}

/** Of a figure and a gauge: the value of now. */
const lastValue = (): ReduceDataOptionsBuilder => new ReduceDataOptionsBuilder().calcs(['lastNotNull']);

function figureOf(spec: PanelSpec) {
  const panel = new StatBuilder()
    .unit(spec.unit ?? 'short')
    .thresholds(thresholdsOf(spec))
    .reduceOptions(lastValue())
    .graphMode(BigValueGraphMode.None);
  return spec.names ? panel.textMode(BigValueTextMode.Name) : panel;
}

function gaugeOf(spec: PanelSpec) {
  const panel = new GaugeBuilder()
    .unit(spec.unit ?? 'short')
    .thresholds(thresholdsOf(spec))
    .reduceOptions(lastValue());
  const [min, max] = spec.range ?? [];
  if (min !== undefined) panel.min(min);
  if (max !== undefined) panel.max(max);
  return panel;
}

const isJudged = ({ redFrom, redBelow }: PanelSpec): boolean => (redFrom ?? redBelow) !== undefined;

/** What is not judged is blue: without thresholds Grafana has its own, and everything from 80 on is red. */
function thresholdsOf({ redFrom, redBelow }: PanelSpec) {
  const steps = [step(null, redBelow === undefined ? 'green' : 'red')];
  if (redFrom !== undefined) steps.push(step(redFrom, 'red'));
  else if (redBelow !== undefined) steps.push(step(redBelow, 'green'));
  else steps[0] = step(null, 'blue');
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}

const step = (value: number | null, color: string) => ({ value, color });

function query({ kind }: PanelSpec, legend: string, expr: string, index: number): Builder<Dataquery> {
  const refId = String.fromCharCode(65 + index);
  if (kind === 'logs') return new LokiQueryBuilder().expr(expr).refId(refId);
  const built = new PrometheusQueryBuilder().expr(expr).legendFormat(legend).refId(refId);
  return kind === 'lines' ? built.range() : built.instant();
}
