import { parse, stringify } from 'yaml';

/** Where the jobs of a stack on this machine are, and how often it looks. */
export interface LocalPrometheus {
  /** `host:port` by job. */
  targets: Record<string, string>;
  /** A pattern for the rule files. */
  rules: string;
  environment: string;
  /** Where the runbooks are, with a slash at its end. */
  runbooksUrl: string;
  intervalSeconds: number;
}

/** The product's own Prometheus configuration with the addresses and the pace of a local stack. Pure. */
export function localPrometheusConfig(deployed: string, local: LocalPrometheus): string {
  const config = parse(deployed) as PrometheusConfig;
  const interval = `${local.intervalSeconds}s`;
  return stringify({
    ...config,
    global: {
      ...config.global,
      scrape_interval: interval,
      scrape_timeout: interval,
      evaluation_interval: interval,
      external_labels: { env: local.environment, runbooks: local.runbooksUrl },
    },
    rule_files: [local.rules],
    alerting: {
      ...config.alerting,
      alertmanagers: [{ static_configs: [{ targets: [addressOf(local, 'alertmanager')] }] }],
    },
    scrape_configs: config.scrape_configs.map((job) => ({
      ...job,
      static_configs: [{ targets: [addressOf(local, job.job_name)] }],
    })),
  });
}

function addressOf({ targets }: LocalPrometheus, job: string): string {
  const address = targets[job];
  if (!address) throw new Error(`the local stack does not say where ${job} is`);
  return address;
}

interface PrometheusConfig {
  global: Record<string, unknown>;
  alerting: Record<string, unknown>;
  scrape_configs: { job_name: string }[];
}
