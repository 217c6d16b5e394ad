import { errorMessage } from '@swfx/errors';
import { z } from 'zod';

const healthSchema = z.object({
  status: z.enum(['healthy', 'unhealthy']),
  version: z.string(),
  checks: z.record(z.string(), z.string()),
});
const readinessSchema = z.object({ ready: z.boolean(), reason: z.string().optional() });

/** What a service says of itself, or why it cannot be heard. */
export type ServiceAnswer =
  | { heard: true; health: z.infer<typeof healthSchema>; readiness: z.infer<typeof readinessSchema> }
  | { heard: false; reason: string };

// A service bounds each of its checks at 2.5 s, so a slow answer is still an answer.
const limitMs = 6_000;

/** Asks a service's operations listener for `/health` and `/readyz`. */
export async function askService(operations: string): Promise<ServiceAnswer> {
  try {
    const [health, readiness] = await Promise.all([
      getJson(`${operations}/health`),
      getJson(`${operations}/readyz`),
    ]);
    return { heard: true, health: healthSchema.parse(health), readiness: readinessSchema.parse(readiness) };
  } catch (error) {
    return { heard: false, reason: reasonOf(error) };
  }
}

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(limitMs) });
  return response.json();
}

function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError || error instanceof SyntaxError)
    return 'something else answers at its port';
  if (error instanceof Error && error.name === 'TimeoutError') return 'does not answer in time';
  const cause = error instanceof Error ? error.cause : undefined;
  if ((cause as { code?: string } | undefined)?.code === 'ECONNREFUSED') return 'nothing listens at its port';
  return errorMessage(cause ?? error);
}
