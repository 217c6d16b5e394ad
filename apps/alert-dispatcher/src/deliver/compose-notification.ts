import type { PoolClient } from '@swfx/database';
import { readStory } from './message-rows';
import type { DueNotice } from './notice-rows';
import type { Notification } from './notification';

/** News that has waited longer than this says so. */
const lateAfterSeconds = 300;

/** Puts together what is told in one message: the story of one incident, or a digest of many. */
export async function composeNotification(
  client: PoolClient,
  message: { id: string; items: readonly DueNotice[]; now: Date; environment: string },
): Promise<Notification> {
  const { id, items, now, environment } = message;
  const [first] = items;
  if (first && items.length === 1) {
    const story = await readStory(client, first.incidentId);
    const waited = (now.getTime() - new Date(story.alert.occurredAt).getTime()) / 1000;
    const lateSeconds = first.sentState === 'nothing' && waited > lateAfterSeconds ? waited : 0;
    return { form: 'incident', act: first.message, incidentId: first.incidentId, story, lateSeconds };
  }
  return {
    form: 'digest',
    messageId: id,
    environment,
    now,
    items: items.map(({ message: act, incident, severity, service }) => ({
      act,
      incident,
      severity,
      service,
    })),
  };
}
