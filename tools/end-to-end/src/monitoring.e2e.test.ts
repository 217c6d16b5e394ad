/**
 * The monitoring of the product against the real programs: the files of `deploy`, a real Prometheus and Alertmanager,
 * the real services. Time runs faster in the rules, so that an alert about an hour is over within one.
 */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { commandsOf, exporterMetrics, queriesOf, runbookBlocks } from '@swfx/monitoring';
import { startHttpStandIn, waitUntil, type HttpStandIn } from '@swfx/testkit';
import { panelQueries } from './panel-queries';
import { accessToken, withPlatformClosed } from './platform-access';
import { firingAlerts, queryPrometheus } from './prometheus-api';
import { repository, startStack, type Stack } from './stack';

const wide = { timeoutMs: 120_000, intervalMs: 250 };
let stack: Stack;
let watchdog: HttpStandIn;
let prometheus: string;

beforeAll(async () => {
  watchdog = await startHttpStandIn();
  stack = await startStack({
    monitoring: true,
    env: {
      MONITORING_INTERVAL_SECONDS: '1',
      // An hour of a rule is ten seconds, which hold enough scrapes also where some of them are late.
      MONITORING_TIME_SCALE: '360',
      MONITORING_WATCHDOG_URL: `${watchdog.url}/ping`,
      BACKUP_RETRY_SECONDS: '1',
      BACKUP_MAX_ATTEMPTS: '1',
      SLACK_MAX_ALERTS_PER_HOUR: '1000',
    },
  });
  prometheus = stack.url('prometheus', '');
  // Commands of the pages name files of the clone.
  symlinkSync(join(repository, 'deploy'), join(stack.folder, 'deploy'));
}, 240_000);
afterAll(async () => {
  await stack?.remove();
  await watchdog?.stop();
});

async function slackTexts(): Promise<string[]> {
  const messages = (await (await fetch(stack.url('slack', '/messages'))).json()) as { text: string }[];
  return messages.map(({ text }) => text);
}
/** Also if it is over by the time that we look. */
async function hasFired(alert: string): Promise<boolean> {
  const query = `max_over_time(ALERTS{alertname="${alert}", alertstate="firing"}[5m])`;
  const answer = await queryPrometheus(prometheus, query);
  return answer.ok && answer.samples.length > 0;
}
const messageArrives = (pattern: RegExp) =>
  waitUntil(async () => (await slackTexts()).find((text) => pattern.test(text)), {
    ...wide,
    describe: `a message ${pattern}`,
  });

describe('every target', () => {
  it('is scraped', async () => {
    const jobs = async () => {
      const answer = await queryPrometheus(prometheus, 'up == 1');
      return answer.ok ? answer.samples.map(({ labels }) => labels['job']).sort() : [];
    };
    await waitUntil(async () => (await jobs()).length === 8, wide);
    expect(await jobs()).toEqual([
      'alert-dispatcher',
      'alertmanager',
      'api-gateway',
      'backup-service',
      'key-rotation-service',
      'postgres',
      'prometheus',
      'redis',
    ]);
  });

  it.each(Object.entries(exporterMetrics))(
    'of %s exports what rules and panels read of it',
    async (_, names) => {
      for (const name of names) {
        const samples = await waitUntil(
          async () => {
            const answer = await queryPrometheus(prometheus, name);
            return answer.ok && answer.samples.length > 0 ? answer.samples : undefined;
          },
          { ...wide, describe: name },
        );
        expect(samples.length).toBeGreaterThan(0);
      }
    },
  );
});

describe('the watchdog', () => {
  it('calls the switch outside', async () => {
    const [request] = await watchdog.received(1);
    expect(request?.body).toContain('Watchdog');
  });
});

describe('a backup that fails', () => {
  it('makes the rule fire, and Slack hears of it through Alertmanager and the dispatcher', async () => {
    await withPlatformClosed(stack, async () => {
      expect((await stack.shell('swfx backup run platform --json')).code).toBe(1);
    });
    await waitUntil(() => hasFired('BackupFailure'), wide);
    const text = await messageArrives(/Database backup failed[^]*backup failures in the last hour/);
    expect(text).toMatch(/^🚨 \[DEVELOPMENT\] Database backup failed\nError: .+\nTimestamp: /);
    const [link = 'none'] = /http\S+BackupFailure\.md/.exec(text) ?? [];
    expect(await (await fetch(link)).text()).toMatch(/^# BackupFailure\n/);
  });

  it('is repaired, which a backup proves', async () => {
    expect((await stack.shell('swfx backup run platform --json')).code).toBe(0);
  });
});

describe('the panels of the dashboards', () => {
  it('each return finite numbers', async () => {
    const queries = panelQueries();
    expect(queries.length).toBeGreaterThan(80);
    let problems: string[] = [];
    await waitUntil(
      async () => {
        await useThePlatform();
        problems = (await Promise.all(queries.map(panelProblem))).filter((problem) => problem !== undefined);
        return problems.length === 0;
      },
      { ...wide, timeoutMs: 60_000 },
    ).catch(() => undefined);
    expect(problems).toEqual([]);
  });
});

describe('the queries of the runbooks', () => {
  it('are all answered', async () => {
    const blocks = blocksIn('promql');
    const answers = await Promise.all(
      blocks.flatMap(queriesOf).map((query) => queryPrometheus(prometheus, query)),
    );
    expect(answers.flatMap((answer) => (answer.ok ? [] : [answer.error]))).toEqual([]);
  });
});

describe('the commands of the runbooks', () => {
  it('all work', async () => {
    const suspect = 'suspect@smartwalletfx.test';
    const added = await stack.shell(`swfx users add ${suspect} --scopes platform:read --generate`);
    expect(added).toMatchObject({ code: 0 });
    const commands = commandsByPage();
    expect(commands.flat().length).toBeGreaterThan(60);
    const problems: string[] = [];
    await sideBySide(3, commands, async (ofPage) => {
      for (const command of ofPage) {
        const { code, stdout, stderr } = await stack.shell(`SUSPECT=${suspect}\n${command}`);
        if (code !== 0) problems.push(`${command}\nended with ${code}: ${stderr}${stdout}`);
      }
    });
    expect(problems).toEqual([]);
  });
});

// Last, so that nobody waits for it: by now the failure is long past in the time of the rules.
describe('a backup that failed and was repaired', () => {
  it('is no alert any more, and Slack hears of that too', async () => {
    await waitUntil(async () => !(await firingAlerts(prometheus)).includes('BackupFailure'), wide);
    // Of the rule, whose incident is named by it; the service has said so of its own.
    await messageArrives(/^✅ \[DEVELOPMENT\] Resolved: Database backup failed\n[^]* · BackupFailure:/);
  });
});

/**
 * The commands of each page in their order, without those of an earlier page: each is run once. The pages that look at
 * the keys or change them are one after the other: a look in the midst of a change would rightly find something.
 */
function commandsByPage(): string[][] {
  const pages = new Map<string, string[]>();
  const known = new Set<string>();
  for (const block of blocksIn('bash')) {
    const fresh = commandsOf(block).filter((command) => !known.has(command));
    fresh.forEach((command) => known.add(command));
    pages.set(block.page, [...(pages.get(block.page) ?? []), ...fresh]);
  }
  const all = [...pages.values()];
  const isAboutKeys = (commands: string[]) => commands.some((command) => command.includes('swfx keys'));
  return [all.filter(isAboutKeys).flat(), ...all.filter((commands) => !isAboutKeys(commands))];
}

/** Works through the items, a few of them at a time. */
async function sideBySide<Item>(
  workers: number,
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: workers }, worker));
}

function blocksIn(language: string) {
  return runbookBlocks().filter((block) => block.language === language);
}

async function panelProblem({ panel, query }: { panel: string; query: string }): Promise<string | undefined> {
  const answer = await queryPrometheus(prometheus, query);
  if (!answer.ok) return `${panel}: ${answer.error}`;
  if (answer.samples.length === 0) return `${panel}: nothing (${query})`;
  const odd = answer.samples.find(({ value }) => !Number.isFinite(value));
  return odd && `${panel}: ${odd.value} (${query})`;
}

/** What users do: they log in, read, and are refused without a token. */
async function useThePlatform(): Promise<void> {
  const headers = { authorization: `Bearer ${await accessToken(stack)}` };
  await fetch(stack.url('gateway', '/api/wallets?limit=1'), { headers });
  await fetch(stack.url('gateway', '/api/wallets'));
}
