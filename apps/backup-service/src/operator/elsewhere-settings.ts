import { loadConfig, serviceSettings, text, type Environment } from '@swfx/config';
import { z } from 'zod';
import { storageSettings } from '../config';
import { parseServerAddress, type ServerAddress } from '../postgres-client/server-address';

/** What a restore in an operator's own process needs: the storage, its keys, and the programs of this machine. */
export const elsewhereConfig = z.object({
  ...storageSettings,
  ENVIRONMENT: serviceSettings.ENVIRONMENT,
  PATH: text().default('/usr/local/bin:/usr/bin:/bin'),
});

export type ElsewhereConfig = z.output<typeof elsewhereConfig>;

/** Reads them; `more` lies over the environment. */
export function loadElsewhere(environment: Environment, more: Environment = {}): ElsewhereConfig {
  return loadConfig(elsewhereConfig, { ...environment, ...more });
}

/** Where `--into` leads, as a URL; throws a sentence when it is none. */
export function parseInto(into: string | undefined): ServerAddress {
  if (into === undefined)
    throw new Error('Say where to: --into postgres://user@server/name-of-the-new-database.');
  const parsed = parseServerAddress(into);
  if (!parsed.ok) throw new Error(`--into ${parsed.problem}.`);
  return parsed.address;
}

/** Whether `--into` names another server, and not only another database. */
export function isUrl(into: string | undefined): into is string {
  return into !== undefined && /^postgres(ql)?:\/\//.test(into);
}
