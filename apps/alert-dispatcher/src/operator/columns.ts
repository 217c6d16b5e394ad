/** How lists look. What alerts say is other people's text: one line each, without control characters. */
import type { Columns } from '@swfx/service';
import { oneLine } from '../one-line';
import type { DeadLetter } from './dead-letters';
import type { ListedAlert } from './list-alerts';
import type { Mute } from './mute-alerts';

export const alertColumns: Columns<ListedAlert> = {
  TIME: ({ occurredAt }) => second(occurredAt),
  SEVERITY: ({ severity, status }) => (status === 'resolved' ? 'end' : severity),
  STATE: ({ state }) => state,
  REASON: ({ reason }) => reason,
  ATTEMPTS: ({ attempts }) => attempts,
  INCIDENT: ({ incident }) => oneLine(incident),
  TITLE: ({ title }) => oneLine(title),
  ID: ({ id }) => id,
};

export const deadColumns: Columns<DeadLetter> = {
  TIME: ({ givenUpAt }) => second(givenUpAt),
  SEVERITY: ({ severity }) => severity,
  DESTINATION: ({ destination }) => destination,
  REASON: ({ reason }) => reason,
  ATTEMPTS: ({ attempts }) => attempts,
  INCIDENT: ({ incident }) => oneLine(incident),
  TITLE: ({ title }) => oneLine(title),
  ID: ({ incidentId }) => incidentId,
};

export const muteColumns: Columns<Mute> = {
  UNTIL: ({ endsAt }) => second(endsAt),
  AUTHOR: ({ author }) => author,
  REASON: ({ reason }) => oneLine(reason),
  SEVERITY: ({ severity }) => severity?.join(', '),
  SERVICE: ({ service }) => service && oneLine(service.join(', ')),
  INCIDENT: ({ incident }) => incident && oneLine(incident),
  ID: ({ id }) => id,
};

function second(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
