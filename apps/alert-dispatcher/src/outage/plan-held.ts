/**
 * What is told while Postgres is away. The alerts that are held in Redis are read as one story per incident and
 * destination: the first that fires is told, a worse one again, its end only if its beginning was told in this outage.
 * What people knew before the outage is not known here, so that what goes on from before may be told twice; what ended
 * that began before is told when Postgres is back.
 */
import { severities, type Alert } from '@swfx/alerts';
import { policyOf } from '../decide/alert-policies';
import { routesOf, type RoutePolicy } from '../decide/routes';
import type { Candidate } from '../deliver/plan-sending';

/** What a destination was told of an incident in this outage. */
export interface ToldInOutage {
  /** The alert whose incident it is. */
  alertId: string;
  state: 'firing' | 'ended';
  severity: Alert['severity'];
  messageId: string;
  at: string;
  lane: 'urgent' | 'ordinary';
  /** False from before the post until its answer. */
  certain: boolean;
}

/** Told news by destination and incident, as `toldField` writes them. */
export type Told = ReadonlyMap<string, ToldInOutage>;

export function toldField(destination: string, incident: string): string {
  return `${destination}\n${incident}`;
}

/** News that a destination is still to be told. */
export interface HeldNews extends Candidate {
  /** The alert that fired, and the one that ended it if that is the news. */
  alert: Alert;
  end: Alert | undefined;
  reports: number;
}

/** What one destination is still to be told, the most urgent first. */
export function planHeld(
  held: readonly Alert[],
  told: Told,
  destination: string,
  policy: RoutePolicy,
): HeldNews[] {
  const news = [...storiesOf(held).values()].flatMap((story): HeldNews[] => {
    const known = told.get(toldField(destination, story.alert.incident));
    const isRouted = routesOf({ ...story.alert, key: story.alert.incident }, policy).some(
      (target) => target.destination === destination && target.afterSeconds === 0,
    );
    const message = isRouted ? newsOf(story, known) : undefined;
    if (!message) return [];
    const { alert, end, reports, severity } = story;
    return [{ alert, end, reports, severity, message, since: new Date(alert.occurredAt) }];
  });
  const rank = ({ severity }: HeldNews) => severities.indexOf(severity);
  return news.sort((a, b) => rank(a) - rank(b) || a.since.getTime() - b.since.getTime());
}

interface Story {
  alert: Alert;
  end: Alert | undefined;
  reports: number;
  severity: Alert['severity'];
}

function storiesOf(held: readonly Alert[]): Map<string, Story> {
  const stories = new Map<string, Story>();
  for (const alert of held) {
    const story = stories.get(alert.incident);
    if (alert.status === 'resolved') {
      if (story) stories.set(alert.incident, { ...story, end: alert });
    } else if (!story || story.end)
      stories.set(alert.incident, { alert, end: undefined, reports: 1, severity: alert.severity });
    else {
      const isWorse = severities.indexOf(alert.severity) < severities.indexOf(story.severity);
      const worst = isWorse ? { alert, severity: alert.severity } : {};
      stories.set(alert.incident, { ...story, ...worst, reports: story.reports + 1 });
    }
  }
  return stories;
}

function newsOf(
  { alert, end, severity }: Story,
  known: ToldInOutage | undefined,
): Candidate['message'] | undefined {
  // A count is told when it is complete, and Postgres is what counts.
  if (policyOf(alert.kind).ends === 'counted') return undefined;
  const isAgain = known !== undefined && known.state === 'ended' && known.certain && !end;
  if (!known || isAgain) return end ? undefined : 'firing';
  if (known.state === 'ended') return known.certain ? undefined : 'resolved';
  if (end) return 'resolved';
  const isWorse = severities.indexOf(severity) < severities.indexOf(known.severity);
  return isWorse || !known.certain ? 'firing' : undefined;
}
