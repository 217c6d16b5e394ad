import type { ServerResponse } from 'node:http';

/** Responses that are kept waiting on purpose; `giveUp` breaks them all, so that a stop need not wait for them. */
export type HangingResponses = {
  hang: (response: ServerResponse, hangMs: number) => void;
  giveUp: () => void;
};

/** Keeps responses unanswered and then breaks their connection. A caller that leaves first takes its timer along. */
export function createHangingResponses(): HangingResponses {
  const waiting = new Set<ServerResponse>();
  return {
    hang(response, hangMs) {
      waiting.add(response);
      const timer = setTimeout(() => response.destroy(), hangMs);
      response.once('close', () => {
        clearTimeout(timer);
        waiting.delete(response);
      });
    },
    giveUp: () => waiting.forEach((response) => response.destroy()),
  };
}
