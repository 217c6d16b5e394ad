/**
 * Whether a storm has broken a promise. What Slack was sent is held against what Postgres says of it: every accepted
 * alert is stored and decided; every incident was told and ended, in a message of its own or a digest that Slack has,
 * or was over before it was told; no end came before its beginning, and no beginning after its end; no more messages
 * came twice than there were senders killed in the middle of one, and answers lost.
 */
import type { SlackStandIn } from '@swfx/slack-stand-in';
import type { Pool } from 'pg';

export interface StormReport {
  kills: number;
  /** Incidents, the alerts that began and ended them, and what became of the incidents. */
  incidents: number;
  accepted: number;
  told: number;
  /** Over before they could be told. */
  untold: number;
  /** Messages that Slack has, and those that the dispatcher knows to be delivered. */
  messages: number;
  delivered: number;
  /** Incidents of digests. */
  digested: number;
  /** Messages that Slack has twice, and what may have caused it. */
  repeated: number;
  sendersKilled: number;
  answersLost: number;
  /** Promises broken. */
  lost: number;
  resolvedBeforeFiring: number;
  /** The same in words; empty when all is well. */
  broken: string[];
}

/** The notices of the storm: the dispatchers tell of their own restarts, too. */
export const stormNotices = `(
  SELECT alert_notice.* FROM alert_notice JOIN alert_incident ON id = incident_id WHERE key LIKE 'storm:%') AS notice`;

export async function addUp(
  pool: Pool,
  slack: SlackStandIn,
  { accepted, kills }: { accepted: number; kills: number },
): Promise<StormReport> {
  const one = async (query: string) => Number((await pool.query<{ n: string }>(query)).rows[0]?.n);
  const stored = await one(
    `SELECT count(*) AS n FROM alert WHERE incident LIKE 'storm:%' AND decided_at IS NOT NULL`,
  );
  const incidents = await one(`SELECT count(*) AS n FROM alert_incident WHERE key LIKE 'storm:%'`);
  const told = await one(`SELECT count(*) AS n FROM ${stormNotices} WHERE outcome = 'told'`);
  const untold = await one(`SELECT count(*) AS n FROM ${stormNotices} WHERE outcome = 'untold'`);
  const delivered = await one(`SELECT count(*) AS n FROM alert_message WHERE outcome = 'delivered'`);
  const sendersKilled = await one(`SELECT count(*) AS n FROM alert_message WHERE reason = 'interrupted'`);
  const answersLost = await one(
    `SELECT count(*) AS n FROM alert_message WHERE outcome = 'unknown' AND reason IN ('network', 'timeout')`,
  );
  const digested = await one(
    `SELECT coalesce(sum(items), 0) AS n FROM alert_message WHERE outcome = 'delivered' AND form = 'digest'`,
  );
  const unspoken = await one(unspokenQuery);
  const reversed = await one(reversedQuery);
  const unseen = await deliveredUnseen(pool, slack);
  const messages = slack.messages().length;
  const repeated = Math.max(0, messages - delivered);
  const lost = accepted - stored + (incidents - told - untold) + unspoken + unseen;
  const resolvedBeforeFiring = reversed + reversals(slack);
  const broken = [
    ...(stored === accepted ? [] : [`${accepted} alerts were accepted and ${stored} are stored and decided`]),
    ...(told + untold === incidents
      ? []
      : [`of ${incidents} incidents ${told} were told and ${untold} were not`]),
    ...(unspoken === 0 ? [] : [`${unspoken} incidents were closed as told without an end`]),
    ...(unseen === 0 ? [] : [`${unseen} messages are called delivered and Slack does not have them`]),
    ...(resolvedBeforeFiring === 0 ? [] : [`${resolvedBeforeFiring} incidents ended before they began`]),
    ...(repeated <= sendersKilled + answersLost
      ? []
      : [
          `${repeated} messages came twice, ${sendersKilled} senders were killed, ${answersLost} answers lost`,
        ]),
    ...(sendersKilled <= kills ? [] : [`${sendersKilled} messages were interrupted by ${kills} kills`]),
  ];
  const counts = { incidents, accepted, told, untold, messages, delivered, digested };
  return { kills, ...counts, repeated, sendersKilled, answersLost, lost, resolvedBeforeFiring, broken };
}

const unspokenQuery = `
  SELECT count(*) AS n FROM ${stormNotices} WHERE outcome = 'told' AND NOT EXISTS (
    SELECT FROM alert_message_item AS item JOIN alert_message ON id = message_id
    WHERE item.incident_id = notice.incident_id AND act <> 'firing' AND alert_message.outcome = 'delivered')`;

/** Ends that no beginning came before, and beginnings that came after an end. */
const reversedQuery = `
  SELECT count(DISTINCT item.incident_id) AS n FROM alert_message_item AS item JOIN alert_message AS message ON id = message_id
  WHERE act <> 'firing' AND outcome = 'delivered' AND (
    NOT EXISTS (
      SELECT FROM alert_message_item AS earlier JOIN alert_message ON id = earlier.message_id
      WHERE earlier.incident_id = item.incident_id AND earlier.act = 'firing' AND outcome IN ('delivered', 'unknown')
        AND alert_message.started_at < message.started_at)
    OR EXISTS (
      SELECT FROM alert_message_item AS later JOIN alert_message ON id = later.message_id
      WHERE later.incident_id = item.incident_id AND later.act = 'firing'
        AND alert_message.started_at > message.started_at))`;

/** Messages that the dispatcher believes to be delivered, and that Slack does not have. */
async function deliveredUnseen(pool: Pool, slack: SlackStandIn): Promise<number> {
  const { rows } = await pool.query<{ id: string; form: string; act: string; key: string }>(
    `SELECT DISTINCT ON (message.id) message.id, form, act, key FROM alert_message AS message
       JOIN alert_message_item ON message_id = message.id JOIN alert_incident AS incident ON incident.id = incident_id
     WHERE outcome = 'delivered' AND key LIKE 'storm:%'`,
  );
  const shown = new Set(slack.messages().map(({ text }) => nameOf(text)));
  const named = ({ id, form, act, key }: (typeof rows)[number]) =>
    form === 'digest' ? id : `${key} ${act === 'firing'}`;
  return rows.filter((row) => !shown.has(named(row))).length;
}

/** Which message it is, by what people can see of it. */
function nameOf(text: string): string | undefined {
  const digest = /Message ([0-9a-f-]{36})$/m.exec(text)?.[1];
  const incident = /· (storm:\d+)$/m.exec(text)?.[1];
  return digest ?? (incident && `${incident} ${text.startsWith('🚨')}`);
}

/** Incidents that were said to fire after they were said to be over, among those that had messages of their own. */
function reversals(slack: SlackStandIn): number {
  const over = new Set<string>();
  const wrong = new Set<string>();
  for (const { text } of slack.messages()) {
    const incident = /· (storm:\d+)$/m.exec(text)?.[1];
    if (!incident) continue;
    if (text.startsWith('🚨') && over.has(incident)) wrong.add(incident);
    if (text.startsWith('✅')) over.add(incident);
  }
  return wrong.size;
}
