/**
 * Level-triggered delivery: what is owed to a destination follows from what it should know and what it was told, never
 * from the order in which alerts came. So a late retry cannot say `firing` after `resolved`, and everything that may
 * have been told as firing is ended exactly once, as resolved or as expired.
 */
import type { AlertPolicy } from './alert-policies';

/** What the destination should know. */
export interface DesiredState {
  state: 'firing' | 'resolved' | 'expired';
  revision: number;
}

/** What it was told for certain, and what it may have been told beyond that: a post whose answer never came. */
export interface SentState {
  state: 'nothing' | 'firing' | 'ended';
  revision: number;
  tried: 'firing' | 'ended' | null;
}

export type NoticeDecision =
  | { act: 'send'; message: 'firing' | 'resolved' | 'expired' }
  /** It knows what it should; more may come. */
  | { act: 'wait' }
  /** Nothing is owed any more: it knows all, or the trouble was over before it was told of it. */
  | { act: 'close'; outcome: 'told' | 'untold' };

export function decideNotice(
  desired: DesiredState,
  sent: SentState,
  ends: AlertPolicy['ends'],
): NoticeDecision {
  if (sent.state === 'ended') return { act: 'close', outcome: 'told' };
  const knowsAll = sent.state === 'firing' && sent.revision >= desired.revision;
  if (desired.state === 'firing') {
    const mayWait = knowsAll || (ends === 'counted' && sent.state === 'firing');
    return mayWait ? { act: 'wait' } : { act: 'send', message: 'firing' };
  }
  const end: NoticeDecision = { act: 'send', message: desired.state };
  if (ends === 'counted') return knowsAll && !sent.tried ? { act: 'close', outcome: 'told' } : end;
  if (ends === 'unsaid')
    return sent.state === 'firing' ? { act: 'close', outcome: 'told' } : { act: 'send', message: 'firing' };
  const untold = sent.state === 'nothing' && sent.tried === null;
  return untold ? { act: 'close', outcome: 'untold' } : end;
}
