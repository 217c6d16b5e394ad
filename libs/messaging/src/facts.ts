/**
 * Facts are hints on Redis pub/sub: "the key set changed", "an alert was delivered". They may be lost, repeated or
 * late, so a listener re-reads the truth from Postgres on a slow poll too. A message carries its version: one with
 * unknown fields is understood, one of an unknown version or shape is counted and left alone.
 */
import type { Secret } from '@swfx/config';
import { errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import type { Metrics } from '@swfx/metrics';
import { z } from 'zod';
import { closeRedis, connectRedis } from './redis';

/** A kind of fact: where it is published, its version, and what it carries. */
export interface Fact<Data> {
  topic: string;
  v: number;
  schema: z.ZodType<Data>;
}

/** The published facts. */
export const facts = {
  /** The set of signing keys has a new epoch; with the signed set, so that nobody need ask for it. */
  keySetChanged: defineFact(
    'facts.key-set-changed',
    1,
    z.object({ epoch: z.number().int(), set: z.unknown().optional() }),
  ),
  /** An operator asked for a rotation; the key-rotation service need not wait for its next poll. */
  rotationRequested: defineFact('facts.rotation-requested', 1, z.object({ requestId: z.string() })),
  /** A user was changed in a way that verifiers must learn of. */
  userChanged: defineFact('facts.user-changed', 1, z.object({ userId: z.string() })),
  /** A backup moved on: its row in the ops database tells how far. */
  backupProgressed: defineFact(
    'facts.backup-progressed',
    1,
    z.object({ backupId: z.string(), phase: z.string() }),
  ),
  /** A restore moved on, or something was asked of it (`asked`): its row in the ops database tells what. */
  restoreProgressed: defineFact(
    'facts.restore-progressed',
    1,
    z.object({ restoreId: z.string(), phase: z.string() }),
  ),
  /** An alert was accepted; the dispatcher need not wait for its next poll. */
  alertRaised: defineFact('facts.alert-raised', 1, z.object({ alertId: z.string() })),
};

export interface Facts {
  /** Says a fact to whoever listens; false when Redis could not be told, which is never an error. */
  publish<Data>(fact: Fact<Data>, data: Data): Promise<boolean>;
  subscribe<Data>(fact: Fact<Data>, listener: (data: Data) => void): void;
  /** Called when the listening connection is back after an outage: what was said meanwhile was not heard. */
  onReconnect(listener: () => void): void;
  stop(): Promise<void>;
}

const envelope = z.object({ v: z.number().int(), data: z.unknown() });

/** Opens the two connections that facts need: one that speaks, one that listens. */
export function createFacts(options: {
  redisUrl: Secret;
  name: string;
  logger: Logger;
  metrics: Metrics;
}): Facts {
  const { logger, metrics } = options;
  const speaker = connectRedis({ url: options.redisUrl, name: options.name, role: 'command', logger });
  const ear = connectRedis({ url: options.redisUrl, name: options.name, role: 'subscriber', logger });
  const listeners = new Map<string, (message: string) => void>();
  ear.on('message', (topic, message) => listeners.get(topic)?.(message));

  return {
    async publish(fact, data) {
      const message = JSON.stringify({ v: fact.v, data });
      return speaker.publish(fact.topic, message).then(
        () => true,
        (error) => {
          logger.debug('A fact could not be published', { topic: fact.topic, error: errorMessage(error) });
          return false;
        },
      );
    },
    subscribe(fact, listener) {
      listeners.set(fact.topic, (message) => {
        const parsed = parseFact(fact, message);
        if (parsed.ok) return listener(parsed.data);
        metrics.increment('facts_ignored_total', { reason: parsed.reason });
      });
      ear
        .subscribe(fact.topic)
        .catch((error) =>
          logger.warn('Cannot listen for facts', { topic: fact.topic, error: errorMessage(error) }),
        );
    },
    onReconnect(listener) {
      let wasReady = ear.status === 'ready';
      ear.on('ready', () => {
        if (wasReady) listener();
        wasReady = true;
      });
    },
    async stop() {
      await Promise.all([closeRedis(speaker), closeRedis(ear)]);
    },
  };
}

/** Reads a message as the given fact, or says why it is not one. */
export function parseFact<Data>(
  fact: Fact<Data>,
  message: string,
): { ok: true; data: Data } | { ok: false; reason: 'unknown_version' | 'invalid' } {
  const outer = envelope.safeParse(parseJson(message));
  if (!outer.success) return { ok: false, reason: 'invalid' };
  if (outer.data.v !== fact.v) return { ok: false, reason: 'unknown_version' };
  const inner = fact.schema.safeParse(outer.data.data);
  return inner.success ? { ok: true, data: inner.data } : { ok: false, reason: 'invalid' };
}

function defineFact<Data>(topic: string, v: number, schema: z.ZodType<Data>): Fact<Data> {
  return { topic, v, schema };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
