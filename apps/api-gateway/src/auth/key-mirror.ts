/**
 * The gateway's copy of the key set: always the last good one, so that tokens verify with Postgres gone. A new one is
 * taken from the fact that announces it; and it is read on a poll, when Redis is back after a silence, and for a
 * token whose kid is not known: such a token is refused only once a read that began after it arrived has not
 * brought its key. A read that cannot be made, or is not to be believed, refuses nobody; and no set is believed that
 * was not signed by whom the gateway trusts, whoever wrote its rows or announced it.
 */
import type { Queryable } from '@swfx/database';
import { errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import { facts, type Facts } from '@swfx/messaging';
import type { Metrics } from '@swfx/metrics';
import {
  findForgery,
  keySetPollJitter,
  readAnnouncedKeySet,
  readKeySet,
  verificationKeys,
  type ImportedKey,
  type KeySet,
  type KeySetForgery,
  type KeySetTrust,
  type StoredKeySet,
  type VerificationKey,
} from '@swfx/signing-keys';
import { adoptKeySet, type KeySetAdoption } from './adopt-key-set';
import type { KeySetRefusal } from './key-mirror-refusals';
import { createKeyUses } from './key-mirror-uses';
import { createSharedRead } from './shared-read';

export interface KeyMirror {
  /** The set in force; undefined until the first was read. */
  keySet(): KeySet | undefined;
  keyOf(kid: string): VerificationKey | undefined;
  /** Reads the set anew, at most once a second; false when that cannot be done. */
  freshRead(): Promise<boolean>;
  /** A token of this key was accepted. */
  noteUse(kid: string): void;
  /** Called when another set has come into force. */
  onChange(listener: () => void): void;
  stop(): void;
}

/** What the mirror measures; to be declared by the service. */
export const keyMirrorMetrics = [
  'jwt_key_set_epoch',
  'jwt_key_set_age_seconds',
  'jwt_key_sets_refused_total',
  'jwt_key_last_used_timestamp_seconds',
  'jwt_key_revocation_propagation_seconds',
  'tokens_accepted_on_stale_set_total',
] as const;

export interface KeyMirrorOptions {
  db: Queryable;
  facts: Pick<Facts, 'subscribe' | 'onReconnect'>;
  metrics: Metrics;
  logger: Logger;
  pollSeconds: number;
  /** Access-token TTL and twice the skew: how long a token can still be valid after its key has vanished. */
  tokenLifeSeconds: number;
  /** Whose signature on a set is believed. */
  trust: KeySetTrust;
  refusals: { refused(refusal: KeySetRefusal): void; believed(): void };
}

const freshReadSpacingMs = 1_000;
/** A set that has not been read for this many polls is stale. */
const stalePolls = 3;
/** A Postgres that hangs counts as one that is down: the request that waits is told so. */
const readLimitMs = 3_000;

export function startKeyMirror(options: KeyMirrorOptions): KeyMirror {
  const { metrics, logger, pollSeconds, refusals } = options;
  const listeners: (() => void)[] = [];
  const uses = createKeyUses(metrics, () => held);
  let held: KeySet | undefined;
  /** The signature of the set in force. */
  let inForce: Buffer | undefined;
  let keys = new Map<string, ImportedKey>();
  let trouble: string | undefined;
  let lastReadAt = performance.now();
  /** What Postgres's clock said then. */
  let lastReadClock: Date | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  function adopt(read: StoredKeySet): boolean {
    const adoption = judge(held, read, options);
    if (adoption.outcome === 'refused') {
      const { reason } = adoption;
      report(`the key set of epoch ${read.epoch} was refused: ${reason}`);
      if (reason !== 'none_yet') refusals.refused({ reason, epoch: read.epoch, heldEpoch: held?.epoch ?? 0 });
      return false;
    }
    report(undefined);
    refusals.believed();
    lastReadAt = performance.now();
    lastReadClock = read.readAt;
    putInForce(adoption.keySet, read);
    return true;
  }
  function putInForce(keySet: KeySet, read: StoredKeySet): void {
    const before = held;
    held = keySet;
    // A Postgres that lost its last commits makes other sets of the same epochs: the signature tells them apart.
    const signature = read.signature?.value;
    if (held.epoch === before?.epoch && signature && inForce?.equals(signature)) return;
    inForce = signature;
    keys = verificationKeys(held, keys);
    logger.info('The key set is in force', { epoch: held.epoch });
    for (const { revokedAt } of newTombstones(before, held))
      metrics.observe('jwt_key_revocation_propagation_seconds', secondsBetween(revokedAt, held.readAt));
    for (const listener of listeners) listener();
  }
  /**
   * Takes an announced set that is genuine and newer than the one in force. Anybody can announce, so what is neither
   * is worth no alert, and no set's age is told by it; the time of day is Postgres's, and not what the message says.
   */
  function hear(message: unknown): boolean {
    if (!held || !lastReadClock) return false;
    const clock = new Date(lastReadClock.getTime() + performance.now() - lastReadAt);
    const heard = readAnnouncedKeySet(message, clock);
    if (!heard || heard.epoch <= held.epoch) return false;
    const adoption = judge(held, heard, options);
    if (adoption.outcome === 'adopted') putInForce(adoption.keySet, heard);
    return adoption.outcome === 'adopted';
  }
  /** One line when trouble begins or changes, one when it is over; not one for each poll. */
  function report(problem: string | undefined): void {
    if (problem && problem !== trouble)
      logger.warn('The key set cannot be renewed', { error: problem, epoch: held?.epoch ?? 0 });
    if (!problem && trouble) logger.info('The key set can be read again');
    trouble = problem;
  }
  async function read(): Promise<boolean> {
    const epochBefore = held?.epoch ?? 0;
    // While it was read a newer one may have been announced, which is as good an answer; an older one is another matter.
    const isOvertaken = ({ epoch }: KeySet) => epoch >= epochBefore && epoch < (held?.epoch ?? 0);
    try {
      return await within(
        readLimitMs,
        readKeySet(options.db).then((keySet) => isOvertaken(keySet) || adopt(keySet)),
      );
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
  options.facts.subscribe(facts.keySetChanged, ({ epoch, set }) => {
    if (epoch !== held?.epoch && !hear(set)) void shared.now();
  });
  options.facts.onReconnect(() => void shared.now());
  metrics.onScrape(() => {
    metrics.set('jwt_key_set_epoch', held?.epoch ?? 0);
    metrics.set('jwt_key_set_age_seconds', (performance.now() - lastReadAt) / 1000);
  });
  void poll();
  return {
    keySet: () => held,
    keyOf: (kid) => keys.get(kid),
    freshRead: () => shared.fresh(),
    noteUse(kid) {
      uses.note(kid);
      if (performance.now() - lastReadAt > stalePolls * pollSeconds * 1000)
        metrics.increment('tokens_accepted_on_stale_set_total');
    },
    onChange: (listener) => void listeners.push(listener),
    stop,
  };
}

function judge(
  held: KeySet | undefined,
  read: StoredKeySet,
  { trust, tokenLifeSeconds }: KeyMirrorOptions,
): KeySetAdoption | { outcome: 'refused'; reason: KeySetForgery } {
  const forgery = findForgery(read, trust);
  return forgery ? { outcome: 'refused', reason: forgery } : adoptKeySet(held, read, tokenLifeSeconds);
}

/** The keys that were revoked since the set before; of those in a first set nothing is known. */
function newTombstones(before: KeySet | undefined, after: KeySet): { revokedAt: Date }[] {
  const valid = new Set(before?.keys.filter(({ state }) => state !== 'revoked').map(({ kid }) => kid));
  return after.keys.flatMap(({ kid, state, revokedAt }) =>
    state === 'revoked' && revokedAt && valid.has(kid) ? [{ revokedAt }] : [],
  );
}

function secondsBetween(from: Date, to: Date): number {
  return Math.max(0, to.getTime() - from.getTime()) / 1000;
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
