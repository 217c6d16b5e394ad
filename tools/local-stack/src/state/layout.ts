import { join } from 'node:path';

/** Where a stack keeps what it writes, as absolute paths. */
export type Layout = {
  /** The clone. */
  root: string;
  stateDir: string;
  logsDir: string;
  backupsDir: string;
  spoolDir: string;
  /** The configuration and the data of Prometheus and Alertmanager. */
  monitoringDir: string;
  secretsFile: string;
  operatorFile: string;
  stateFile: string;
  lockFile: string;
};

/** In the clone `.swfx`, `logs` and `backups`; with a `stateDir` of one's own, everything inside that. Pure. */
export function layoutOf(root: string, stateDir?: string): Layout {
  const state = stateDir ?? join(root, '.swfx');
  const data = stateDir ?? root;
  return {
    root,
    stateDir: state,
    logsDir: join(data, 'logs'),
    backupsDir: join(data, 'backups'),
    spoolDir: join(state, 'spool'),
    monitoringDir: join(state, 'monitoring'),
    secretsFile: join(state, 'secrets.json'),
    operatorFile: join(state, 'operator.env'),
    stateFile: join(state, 'state.json'),
    lockFile: join(state, 'stack.lock'),
  };
}
