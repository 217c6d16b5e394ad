/**
 * The gateway's copy of the cut-offs. It is read again on a poll, at once when a fact says that a user was changed,
 * and when Redis is back after a silence; so a disabled user is refused within milliseconds with Redis, within a poll
 * without, and with Postgres gone too no later than their tokens expire. A cut-off that is known is never taken back
 * by a read: it is forgotten when every token that it stops has expired. How long that is, the tokens say: one that
 * lives longer than this gateway was told, by a signer with other settings, makes it look back further first.
 */
import type { Queryable } from '@swfx/database';
import { errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import { facts, type Facts } from '@swfx/messaging';
import type { Metrics } from '@swfx/metrics';
import { type AccessTokenClaims, readCutOffs, sessionSubject } from '@swfx/signing-keys';
import { createSharedRead } from './shared-read';

export interface CutOffMirror {
  /** Whether the first read was made: before it nobody can say who is cut off. */
  known(): boolean;
  /** Whether every cut-off is known that can stop a token with such a lifetime. */
  covers(claims: Lifetime): boolean;
  /** Looks back as far as such a token needs; false when that cannot be done now. */
  cover(claims: Lifetime): Promise<boolean>;
  /** Whether a token of that time is refused, for its subject or its session. */
  isCutOff(claims: Pick<AccessTokenClaims, 'sub' | 'sid' | 'iat'>): boolean;
  /** Reads anew as soon as possible; false when that cannot be done. */
  read(): Promise<boolean>;
  stop(): void;
}

type Lifetime = Pick<AccessTokenClaims, 'iat' | 'exp'>;

export interface CutOffMirrorOptions {
  db: Queryable;
  facts: Pick<Facts, 'subscribe' | 'onReconnect'>;
  metrics: Metrics;
  logger: Logger;
  pollSeconds: number;
  /** Access-token TTL and twice the skew: how long a cut-off can still stop a token. */
  tokenLifeSeconds: number;
  clockSkewSeconds: number;
}

/** For a transaction that is slow to commit, and a token that was dated forward. */
const marginSeconds = 60;
/** The fraction of the poll by which it varies: replicas must not ask Postgres in step. */
const jitter = 0.2;
/** No setting lets tokens live for longer than a day; cut-offs are kept for two. */
const longestLifeSeconds = 2 * 86_400;

export function startCutOffMirror(options: CutOffMirrorOptions): CutOffMirror {
  const { db, metrics, logger, pollSeconds, clockSkewSeconds } = options;
  const validFrom = new Map<string, number>();
  let lifeSeconds = options.tokenLifeSeconds;
  /** The one of the last read; undefined before the first. */
  let knownLifeSeconds: number | undefined;
  let trouble = false;
  let readAt = performance.now();
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  function adopt(read: Map<string, number>): void {
    for (const [subject, from] of read) validFrom.set(subject, Math.max(from, validFrom.get(subject) ?? 0));
    const oldest = Date.now() / 1000 - lifeSeconds - marginSeconds;
    for (const [subject, from] of validFrom)
      if (from < oldest && !read.has(subject)) validFrom.delete(subject);
  }
  async function read(): Promise<boolean> {
    const life = lifeSeconds;
    try {
      adopt(await readCutOffs(db, life + marginSeconds));
      if (trouble) logger.info('The cut-offs of users can be read again');
      trouble = false;
      readAt = performance.now();
      knownLifeSeconds = life;
      return true;
    } catch (error) {
      if (!trouble)
        logger.warn('The cut-offs of users cannot be read; those that are known hold', {
          error: errorMessage(error),
        });
      trouble = true;
      return false;
    }
  }
  function lifeOf({ iat, exp }: Lifetime): number {
    return Math.min(exp - iat + 2 * clockSkewSeconds, longestLifeSeconds);
  }
  const covers = (claims: Lifetime) => lifeOf(claims) <= (knownLifeSeconds ?? -1);
  const shared = createSharedRead({ read, spacingMs: 0 });
  async function poll(): Promise<void> {
    await shared.now();
    const delayMs = pollSeconds * 1000 * (1 - jitter + Math.random() * 2 * jitter);
    if (!stopped) timer = setTimeout(() => void poll(), delayMs);
  }
  options.facts.subscribe(facts.userChanged, () => void shared.now());
  options.facts.onReconnect(() => void shared.now());
  metrics.onScrape(() => metrics.set('token_cut_off_age_seconds', (performance.now() - readAt) / 1000));
  void poll();
  return {
    known: () => knownLifeSeconds !== undefined,
    covers,
    async cover(claims) {
      lifeSeconds = Math.max(lifeSeconds, lifeOf(claims));
      return (await shared.now()) && covers(claims);
    },
    isCutOff: ({ sub, sid, iat }) =>
      iat < (validFrom.get(sub) ?? 0) ||
      (sid !== undefined && iat < (validFrom.get(sessionSubject(sid)) ?? 0)),
    read: () => shared.now(),
    stop() {
      stopped = true;
      shared.stop();
      clearTimeout(timer);
    },
  };
}
