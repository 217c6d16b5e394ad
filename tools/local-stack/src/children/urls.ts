import type { Ports } from '../machine/ports';
import type { Secrets } from '../state/secrets';

type Facts = { ports: Ports; secrets: Secrets };
type Settings = { dotenv: Record<string, string>; overrides: Record<string, string> };

/** The superuser's URL of a database of the stack. Holds the password. Pure. */
export function adminUrl({ ports, secrets }: Facts, database: string): string {
  return postgresUrl('postgres', secrets.postgresPassword, ports.postgres, database);
}

/** The URL of one of the stack's login roles. Holds the password. Pure. */
export function loginUrl({ ports, secrets }: Facts, login: string, database: string): string {
  const password = secrets.rolePasswords[login];
  if (!password) throw new Error(`${login} is not a login of the local stack`);
  return postgresUrl(login, password, ports.postgres, database);
}

/** The URL of the stack's Redis. Holds the password. Pure. */
export function redisUrl({ ports, secrets }: Facts): string {
  return `redis://:${encodeURIComponent(secrets.redisPassword)}@127.0.0.1:${ports.redis}`;
}

/** The webhook of the Slack stand-in, which is as secret as Slack's own. Pure. */
export function slackWebhookUrl({ ports, secrets }: Facts): string {
  return `http://127.0.0.1:${ports.slack}/services/T000/B000/${secrets.slackWebhookSecret}`;
}

/** Where the runbooks are: where a setting says, or at the stack's Prometheus, which serves `docs` too. Pure. */
export function runbooksUrl({ ports, dotenv, overrides }: { ports: Ports } & Settings): string {
  const given = overrides['ALERT_RUNBOOK_URL'] ?? dotenv['ALERT_RUNBOOK_URL'];
  return given || `http://localhost:${ports.prometheus}/user/runbooks/`;
}

function postgresUrl(user: string, password: string, port: number, database: string): string {
  return `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
}
