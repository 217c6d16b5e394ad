import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves once Prometheus has scraped every target: what moves from now on, it sees move. A minute at most. */
export async function untilScraped(port: number, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline && !signal.aborted) {
    const targets = await targetsOf(port);
    if (targets.length > 0 && targets.every(({ health }) => health !== 'unknown')) return;
    await sleep(100);
  }
}

async function targetsOf(port: number): Promise<{ health: string }[]> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/targets`, {
    signal: AbortSignal.timeout(3_000),
  })
    .then((response) => response.json() as Promise<{ data: { activeTargets: { health: string }[] } }>)
    .catch(() => undefined);
  return answer?.data.activeTargets ?? [];
}
