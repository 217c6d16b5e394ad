import type { StackFacts } from './services';

/** What `--env` and `.env` may say about `--monitoring`. */
export type MonitoringSettings = {
  /** Between two scrapes, and between two evaluations of the rules. */
  intervalSeconds: number;
  /** Every duration of the rules is divided by it; 1 is real time. */
  timeScale: number;
  watchdogUrl?: string;
};

/** Reads the settings; what is no number is the default. Pure. */
export function monitoringSettings({ dotenv, overrides }: StackFacts): MonitoringSettings {
  const settings = { ...dotenv, ...overrides };
  return {
    intervalSeconds: Number(settings['MONITORING_INTERVAL_SECONDS']) || 5,
    timeScale: Number(settings['MONITORING_TIME_SCALE']) || 1,
    watchdogUrl: settings['MONITORING_WATCHDOG_URL'],
  };
}
