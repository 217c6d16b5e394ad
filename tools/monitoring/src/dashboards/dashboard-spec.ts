/** A dashboard as we write it: what is asked, and how it is shown. Where panels stand follows from their order. */
export interface DashboardSpec {
  /** Its address in Grafana, and the name of its file. */
  uid: string;
  title: string;
  description: string;
  rows: { title: string; panels: PanelSpec[] }[];
}

export interface PanelSpec {
  title: string;
  /** `lines` over time, `figure` and `gauge` for now, `logs` from Loki. */
  kind: 'lines' | 'figure' | 'gauge' | 'logs';
  /** Grafana's name of the unit; of a plain number, if not given. */
  unit?: Unit;
  description?: string;
  /** By legend, in which `{{label}}` stands for a label's value. PromQL, or LogQL for `logs`. */
  queries: Record<string, string>;
  /** From this value on it is red. */
  redFrom?: number;
  /** Below this value it is red. */
  redBelow?: number;
  /** Of a gauge: its two ends. */
  range?: readonly [min: number, max: number];
  /** Of a figure: shows the names of what is there, and not their numbers. */
  names?: boolean;
}

/** Seconds, bytes, a share of 1, and two rates. */
export type Unit = 's' | 'bytes' | 'Bps' | 'percentunit' | 'ops' | 'reqps';
