/** What `npm start` was asked for, as bin/start-options.mjs parses it. `env` holds the `--env` settings. */
export type StartOptions = {
  yes: boolean;
  reset: boolean;
  watch: boolean;
  freePorts: boolean;
  monitoring: boolean;
  stateDir?: string;
  env: Record<string, string>;
};
