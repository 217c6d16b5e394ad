/** One sample of an instant query; `value` is a number, NaN and Inf included. */
export interface Sample {
  labels: Record<string, string>;
  value: number;
}
export type QueryAnswer = { ok: true; samples: Sample[] } | { ok: false; error: string };

/** Asks a Prometheus for a query's value now. */
export async function queryPrometheus(url: string, query: string): Promise<QueryAnswer> {
  const answer = await fetch(`${url}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query }) });
  const body = (await answer.json()) as PrometheusAnswer;
  if (body.status !== 'success') return { ok: false, error: `${query}: ${body.error}` };
  const { resultType, result } = body.data;
  if (resultType !== 'vector') return { ok: true, samples: [{ labels: {}, value: Number(result[1]) }] };
  const samples = (result as VectorElement[]).map(({ metric, value }) => ({
    labels: metric,
    value: Number(value[1]),
  }));
  return { ok: true, samples };
}

/** The names of the alerts that fire. */
export async function firingAlerts(url: string): Promise<string[]> {
  const answer = await queryPrometheus(url, 'ALERTS{alertstate="firing"}');
  return answer.ok ? answer.samples.map(({ labels }) => labels['alertname'] ?? '') : [];
}

type VectorElement = { metric: Record<string, string>; value: [number, string] };
type PrometheusAnswer =
  { status: 'success'; data: { resultType: string; result: unknown[] } } | { status: 'error'; error: string };
