import type { DeliverySample } from '../deliver/delivery-gauges';
import { heartbeatDestination } from './heartbeat-alert';

/** Whether to beat; if not, why. */
export type BeatDecision = { beat: true } | { beat: false; reason: string };

/** As long as `AlertDeliveryStalled` waits. */
const stalledMs = 600_000;
const sampleHoldsMs = 60_000;

/**
 * Decides whether delivery is well, as far as it is known without a message to people: what is delivered is sampled,
 * no destination refuses everything, and nothing has waited for ten minutes. A heartbeat that went out while Slack is
 * not reached would be a lie.
 */
export function decideBeat(sample: DeliverySample | undefined, now: Date): BeatDecision {
  const no = (reason: string): BeatDecision => ({ beat: false, reason });
  if (!sample || now.getTime() - sample.sampledAt.getTime() > sampleHoldsMs)
    return no('Postgres does not tell what is delivered');
  const refusing = sample.open.filter((name) => name !== heartbeatDestination);
  if (refusing.length > 0) return no(`${refusing.join(', ')} refuses every alert`);
  if (sample.oldest && now.getTime() - sample.oldest.getTime() > stalledMs)
    return no('an alert has been waiting for more than ten minutes');
  return { beat: true };
}
