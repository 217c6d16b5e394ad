import type { Severity } from '@swfx/alerts';
import type { Verdict } from './classify-response';
import type { IncidentStory } from './message-rows';

/** What a destination is told, before it is written in the destination's own form. */
export type Notification = IncidentNotification | DigestNotification;

/** News of one incident. */
export interface IncidentNotification {
  form: 'incident';
  act: 'firing' | 'resolved' | 'expired';
  incidentId: string;
  story: IncidentStory;
  /** How long it has waited, where that is long enough to be said; else 0. */
  lateSeconds: number;
}

/** News of many incidents: how many of which severity and service, the most urgent by name, and how to list them. */
export interface DigestNotification {
  form: 'digest';
  messageId: string;
  environment: string;
  now: Date;
  items: readonly {
    act: 'firing' | 'resolved' | 'expired';
    incident: string;
    severity: Severity;
    service: string;
  }[];
}

/** Where messages go. It is called by the one sender that holds its lease. */
export interface Destination {
  name: string;
  /** Tells it, and says what became of that. Never throws, and never says where it posted to. */
  tell(notification: Notification, options: TellOptions): Promise<Verdict>;
}

export interface TellOptions {
  format: 'blocks' | 'plain';
  /** Where the destination keeps an earlier message of the same incident. */
  thread: string | null;
  signal: AbortSignal;
}
