/**
 * The gateway's copy of the key set: always the last good one, so that tokens verify with Postgres gone. It is read
 * again on a poll, at once when a fact says that the set changed, when Redis is back after a silence, and for a
 * token whose kid is not known: such a token is refused only once a read that began after it arrived has not
 * brought its key. A read that cannot be made, or is not to be believed, refuses nobody.
 */
import type { Queryable } from '@swfx/database';
import { errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import { facts, type Facts } from '@swfx/messaging';
import type { Metrics } from '@swfx/metrics';
import {
  keySetPollJitter,
  readKeySet,
  verificationKeys,
  type KeySet,
  type VerificationKey,
} from '@swfx/signing-keys';
import { adoptKeySet } from './adopt-key-set';
import { createSharedRead } from './shared-read';

export interface KeyMirror {
  /** The set in force; undefined until the first was read. */
  keySet(): KeySet | undefined;
  keyOf(kid: string): VerificationKey | undefined;
  /** Reads the set anew, at most once a second; false when that cannot be done. */
  freshRead(): Promise<boolean>;
  stop(): void;
}

export interface KeyMirrorOptions {
  db: Queryable;
  facts: Pick<Facts, 'subscribe' | 'onReconnect'>;
  metrics: Metrics;
  logger: Logger;
  pollSeconds: number;
  /** Access-token TTL and twice the skew: how long a token can still be valid after its key has vanished. */
  tokenLifeSeconds: number;
}

const freshReadSpacingMs = 1_000;
/** A Postgres that hangs counts as one that is down: the request that waits is told so. */
const readLimitMs = 3_000;

export function startKeyMirror(options: KeyMirrorOptions): KeyMirror {
  const { metrics, logger, pollSeconds } = options;
  let held: KeySet | undefined;
  let keys = new Map<string, VerificationKey>();
  let trouble: string | undefined;
  let lastReadAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  function adopt(read: KeySet): boolean {
    const adoption = adoptKeySet(held, read, options.tokenLifeSeconds);
    if (adoption.outcome === 'refused') {
      report(`the key set of epoch ${read.epoch} was refused: ${adoption.reason}`);
      return false;
    }
    report(undefined);
    if (read.epoch !== held?.epoch) logger.info('The key set is in force', { epoch: read.epoch });
    held = adoption.keySet;
    keys = verificationKeys(held);
    lastReadAt = performance.now();
    return true;
  }
  /** One line when trouble begins or changes, one when it is over; not one for each poll. */
  function report(problem: string | undefined): void {
    if (problem && problem !== trouble)
      logger.warn('The key set cannot be renewed', { error: problem, epoch: held?.epoch ?? 0 });
    if (!problem && trouble) logger.info('The key set can be read again');
    trouble = problem;
  }
  async function read(): Promise<boolean> {
    try {
      return await within(readLimitMs, readKeySet(options.db).then(adopt));
    } catch (error) {
      report(errorMessage(error));
      return false;
    }
  }
  const shared = createSharedRead({ read, spacingMs: freshReadSpacingMs });
  async function poll(): Promise<void> {
    await shared.now();
    if (!stopped) timer = setTimeout(() => void poll(), pollDelayMs(pollSeconds));
  }
  function stop(): void {
    stopped = true;
    shared.stop();
    clearTimeout(timer);
  }
  options.facts.subscribe(facts.keySetChanged, ({ epoch }) => {
    if (epoch !== held?.epoch) void shared.now();
  });
  options.facts.onReconnect(() => void shared.now());
  metrics.onScrape(() => {
    metrics.set('jwt_key_set_epoch', held?.epoch ?? 0);
    metrics.set('jwt_key_set_age_seconds', (performance.now() - lastReadAt) / 1000);
  });
  void poll();
  return { keySet: () => held, keyOf: (kid) => keys.get(kid), freshRead: () => shared.fresh(), stop };
}

function pollDelayMs(pollSeconds: number): number {
  return pollSeconds * 1000 * (1 - keySetPollJitter + Math.random() * 2 * keySetPollJitter);
}

async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer after ${limitMs} ms`)), limitMs);
  });
  return Promise.race([work, limit]).finally(() => clearTimeout(timer));
}
