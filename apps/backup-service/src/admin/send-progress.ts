import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@swfx/errors';
import type { Response } from 'express';

/** Sends server-sent events (HTML Living Standard, 9.2) to those who watch. */
export interface ProgressSender {
  /** Sends each new state of something until it is over, or the watcher goes. */
  send<State>(response: Response, watched: Watched<State>): Promise<void>;
}

export interface Watched<State> {
  /** Undefined when it is gone. */
  read(): Promise<State | undefined>;
  isOver(state: State): boolean;
}

const pollMs = 500;
const heartbeatMs = 15_000;

/**
 * A stream ends after five minutes, with the last state in hand: whoever watches longer asks again, with a token that
 * still holds. So many may watch at once; each asks the ops database twice a second.
 */
export function createProgressSender(options: {
  stopping: AbortSignal;
  mostAtOnce?: number;
  longestMs?: number;
}): ProgressSender {
  const { stopping, mostAtOnce = 20, longestMs = 300_000 } = options;
  let watchers = 0;
  return {
    async send(response, watched) {
      if (watchers >= mostAtOnce)
        throw new AppError('overloaded', `${mostAtOnce} watch already`, { retryAfterSeconds: 5 });
      // Counted before anything is waited for, or as many as come at once would all be let in.
      watchers += 1;
      try {
        const first = await watched.read();
        if (first === undefined) throw new AppError('not_found', 'it is gone');
        await stream(response, { first, watched, stopping, until: performance.now() + longestMs });
      } finally {
        watchers -= 1;
      }
    },
  };
}

async function stream<State>(
  response: Response,
  options: { first: State; watched: Watched<State>; stopping: AbortSignal; until: number },
): Promise<void> {
  const { watched, stopping, until } = options;
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.setHeader('content-type', 'text/event-stream');
  // A proxy that gathers the answer before it passes it on would show nothing until the end.
  response.setHeader('x-accel-buffering', 'no');
  let state: State | undefined = options.first;
  let sent = '';
  let sentAt = performance.now();
  while (state !== undefined && !gone.signal.aborted) {
    const data = JSON.stringify(state);
    const over = watched.isOver(state);
    const isNew = data !== sent || over;
    if (isNew || performance.now() - sentAt > heartbeatMs) {
      response.write(isNew ? `event: ${over ? 'end' : 'progress'}\ndata: ${data}\n\n` : ':\n\n');
      sentAt = performance.now();
    }
    sent = data;
    if (over || stopping.aborted || performance.now() > until) break;
    await sleep(pollMs, undefined, { signal: AbortSignal.any([gone.signal, stopping]) }).catch(
      () => undefined,
    );
    state = await watched.read();
  }
  response.end();
}
