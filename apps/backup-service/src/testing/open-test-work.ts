import { loadConfig } from '@swfx/config';
import type { MetricName, Metrics } from '@swfx/metrics';
import { openFoundation } from '@swfx/service';
import { Registry } from 'prom-client';
import { backupWork } from '../app';
import { configSchema } from '../config';
import type { BackupWork } from '../run/backup-work';
import { openLocalStorage } from '../storage/local-storage';
import { openCopyStorage } from '../storage/open-storage';
import type { TestGround } from './start-test-service';

/** What a service works with, without its tasks: a test takes the steps itself, one at a time. */
export async function openTestWork(
  ground: TestGround,
  options: { targets: string; metrics: MetricName[]; settings?: Record<string, string> },
): Promise<{ work: BackupWork; metric(series: string): Promise<number>; close(): Promise<void> }> {
  const config = loadConfig(configSchema, {
    ...(await ground.environment()),
    BACKUP_TARGETS: options.targets,
    ...options.settings,
  });
  const registry: Metrics['registry'] = new Registry();
  const { metrics } = options;
  const foundation = openFoundation(config, { service: 'backup-service', metrics, registry });
  const storage = await openLocalStorage(config.BACKUP_DIR);
  const copy = await openCopyStorage(config, foundation.logger);
  return {
    work: backupWork(config, foundation, { storage, copy }),
    close: () => foundation.lifecycle.stop(),
    async metric(series) {
      const line = (await registry.metrics()).split('\n').find((one) => one.startsWith(`${series} `));
      return Number(line?.slice(series.length + 1));
    },
  };
}
