/**
 * What Prometheus and Alertmanager read: the files of `deploy`, with the addresses of this stack in them. So what is
 * tried here is what is deployed.
 */
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { localAlertmanagerConfig, localPrometheusConfig, scaleDurations } from '@swfx/monitoring';
import { monitoringSettings } from './monitoring-settings';
import type { MonitoringSettings } from './monitoring-settings';
import type { StackFacts } from './services';
import { runbooksUrl, slackWebhookUrl } from './urls';
import { writePrivateFile } from '../state/write-private-file';

/** Writes them anew; they hold no secret, and name the files that do. */
export async function writeMonitoringFiles(facts: StackFacts): Promise<void> {
  const { layout, secrets } = facts;
  const settings = monitoringSettings(facts);
  const inFolder = (name: string): string => join(layout.monitoringDir, name);
  await mkdir(inFolder('rules'), { recursive: true });
  await writePrivateFile(inFolder('alert_intake_token'), secrets.alertIntakeToken);
  await writePrivateFile(inFolder('slack_webhook_url'), slackWebhookUrl(facts));
  await writeRules(facts, settings);
  await writeFile(inFolder('prometheus.yml'), await prometheusConfig(facts, settings));
  await writeFile(inFolder('alertmanager.yml'), await alertmanagerConfig(facts, settings));
}

async function writeRules({ layout }: StackFacts, settings: MonitoringSettings): Promise<void> {
  const from = join(layout.root, 'deploy/prometheus/rules');
  for (const name of (await readdir(from)).filter((file) => file.endsWith('.yml'))) {
    const text = await readFile(join(from, name), 'utf8');
    const least = 4 * settings.intervalSeconds;
    const rules = settings.timeScale === 1 ? text : scaleDurations(text, settings.timeScale, least);
    await writeFile(join(layout.monitoringDir, 'rules', name), rules);
  }
}

async function prometheusConfig(facts: StackFacts, settings: MonitoringSettings): Promise<string> {
  const { layout, ports, dotenv, overrides } = facts;
  const local = (port: number): string => `127.0.0.1:${port}`;
  return localPrometheusConfig(
    await readFile(join(layout.root, 'deploy/prometheus/prometheus.yml'), 'utf8'),
    {
      rules: join(layout.monitoringDir, 'rules/*.yml'),
      environment: overrides['ENVIRONMENT'] ?? dotenv['ENVIRONMENT'] ?? 'development',
      runbooksUrl: runbooksUrl(facts),
      intervalSeconds: settings.intervalSeconds,
      targets: {
        'api-gateway': local(ports.gatewayOperations),
        'key-rotation-service': local(ports.rotationOperations),
        'backup-service': local(ports.backupOperations),
        'alert-dispatcher': local(ports.dispatcherOperations),
        postgres: local(ports.postgresExporter),
        redis: local(ports.redisExporter),
        prometheus: local(ports.prometheus),
        alertmanager: local(ports.alertmanager),
      },
    },
  );
}

async function alertmanagerConfig(facts: StackFacts, settings: MonitoringSettings): Promise<string> {
  const { layout, ports } = facts;
  const deployed = await readFile(join(layout.root, 'deploy/alertmanager/alertmanager.yml'), 'utf8');
  return localAlertmanagerConfig(deployed, {
    dispatcherUrl: `http://127.0.0.1:${ports.dispatcher}/v1/alertmanager`,
    tokenFile: join(layout.monitoringDir, 'alert_intake_token'),
    slackUrlFile: join(layout.monitoringDir, 'slack_webhook_url'),
    watchdogUrl: settings.watchdogUrl,
    groupSeconds: settings.intervalSeconds,
  });
}
