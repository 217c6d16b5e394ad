import { parse, stringify } from 'yaml';

/** Where the receivers of a stack on this machine are, and how long Alertmanager gathers before it sends. */
export interface LocalAlertmanager {
  dispatcherUrl: string;
  tokenFile: string;
  slackUrlFile: string;
  /** Left out: the watchdog's receiver takes and tells nobody. */
  watchdogUrl?: string;
  /** The waits before the first message of a group, and before the next when it has changed. */
  groupSeconds: number;
}

/** The product's own Alertmanager configuration with the receivers and the pace of a local stack. Pure. */
export function localAlertmanagerConfig(deployed: string, local: LocalAlertmanager): string {
  const config = parse(deployed) as AlertmanagerConfig;
  const { routes, ...root } = config.route;
  return stringify({
    ...config,
    route: { ...paced(root, local), routes: routes.map((route) => paced(route, local)) },
    receivers: config.receivers.map((receiver) => localReceiver(receiver, local)),
  });
}

function paced<Route extends object>(route: Route, { groupSeconds }: LocalAlertmanager): Route {
  return { ...route, group_wait: `${groupSeconds}s`, group_interval: `${groupSeconds}s` };
}

function localReceiver(receiver: Receiver, local: LocalAlertmanager): Receiver {
  const [webhook] = receiver.webhook_configs ?? [];
  const [slack] = receiver.slack_configs ?? [];
  if (receiver.name === 'dispatcher') {
    const http_config = { authorization: { credentials_file: local.tokenFile } };
    return { ...receiver, webhook_configs: [{ ...webhook, url: local.dispatcherUrl, http_config }] };
  }
  if (receiver.name === 'direct')
    return { ...receiver, slack_configs: [{ ...slack, api_url_file: local.slackUrlFile }] };
  if (receiver.name === 'watchdog')
    return {
      name: receiver.name,
      ...(local.watchdogUrl ? { webhook_configs: [{ ...webhook, url: local.watchdogUrl }] } : {}),
    };
  throw new Error(`the local stack does not know the receiver ${receiver.name}`);
}

interface Receiver {
  name: string;
  webhook_configs?: Record<string, unknown>[];
  slack_configs?: Record<string, unknown>[];
}
interface AlertmanagerConfig {
  route: { receiver: string; routes: object[] };
  receivers: Receiver[];
}
