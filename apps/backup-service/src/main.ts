import { loadConfig } from '@swfx/config';
import { runMain } from '@swfx/service';
import { createApp } from './app';
import { configSchema } from './config';

runMain({
  service: 'backup-service',
  start: async () => createApp(loadConfig(configSchema, process.env)),
});
