/**
 * Plays Slack's incoming webhook and the part of its Web API that posts and edits, over real HTTP, and is as strict as
 * Slack is: a payload that Slack would refuse is refused here, so that a mistake in a message is found on a laptop and
 * not in an incident. Beside them there is what Slack has no need of: a page and a JSON list that show the channel, and a switch for misbehaviour.
 * Nothing is kept on disk, and only the newest messages and attempts in memory.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { text, type ErrorRequestHandler, type Express } from 'express';
import type { Behaviour, ScriptedAnswer } from './behaviour';
import { createChannel, type Message } from './channel';
import { channelRoutes } from './channel-routes';
import { createHangingResponses } from './hanging-responses';
import { createAnswering, createCalls, type Attempt } from './calls';
import { channelName, createWebApi, type WebApiMethod } from './web-api';
import { createWebhook } from './webhook';

/** A running stand-in. What tests need over HTTP too is also here as plain functions. */
export type SlackStandIn = {
  /** The base URL, whose page shows the channel. */
  address: string;
  /** The URL to which messages are posted; it contains the secret. */
  webhookUrl: string;
  /** The Web API: its address, and the channel that the bot may post to. */
  api: { url: string; channel: string };
  messages(sinceId?: number): Message[];
  attempts(): Attempt[];
  /** Forgets messages, attempts and scripted answers. */
  clear(): void;
  /** The next calls get these answers instead of Slack's own; none at all takes back what was scripted. */
  respondWith(...next: ScriptedAnswer[]): void;
  stop(): Promise<void>;
};

type SlackStandInOptions = {
  port: number;
  host?: string;
  secret?: string;
  /** The bot's, for the Web API. */
  token?: string;
  behaviour?: Partial<Behaviour>;
  print?: (block: string) => void;
  now?: () => number;
  /** How many of the newest messages and attempts are remembered; 500 if not given. */
  kept?: number;
};

/**
 * Starts the stand-in; port 0 takes a free one.
 * Without `behaviour` there is no rate limit. `print` gets each message as one block of lines for a terminal.
 * Rejects with Node's error if the port is taken.
 */
export async function createSlackStandIn(options: SlackStandInOptions): Promise<SlackStandIn> {
  const {
    port,
    host = '127.0.0.1',
    secret = 'local-stack',
    token = 'local-stack-bot',
    print = () => undefined,
    now = Date.now,
    kept = 500,
  } = options;
  const channel = createChannel(kept, now);
  const attempts: Attempt[] = [];
  const behaviour: Behaviour = { next: [], rateLimit: null, ...options.behaviour };
  const hanging = createHangingResponses();

  const record = (method: string, outcome: Attempt['outcome'], body: string | null) => {
    attempts.push({ at: new Date(now()).toISOString(), method, outcome, body });
    if (attempts.length > kept) attempts.shift();
  };
  const clear = () => {
    channel.clear();
    attempts.splice(0);
    behaviour.next = [];
  };
  const shared = { channel, calls: createCalls({ behaviour, now }), print };
  const answering = (method: string, decide: Parameters<typeof createAnswering>[0]) =>
    createAnswering(decide, { method, record, hang: hanging.hang });
  const method = (name: WebApiMethod) => answering(name, createWebApi(name, { token, ...shared }));
  const app = createRoutes(
    {
      '/services/:team/:bot/:secret': answering('webhook', createWebhook({ secret, ...shared })),
      '/api/chat.postMessage': method('chat.postMessage'),
      '/api/chat.update': method('chat.update'),
    },
    channelRoutes({ channel, attempts, behaviour, clear }),
  );

  const server = await listen(app, port, host);
  const { address, port: boundPort } = server.address() as AddressInfo;
  const base = `http://${address}:${boundPort}`;
  const stop = () => {
    const closed = close(server);
    hanging.giveUp();
    return closed;
  };
  let stopped: Promise<void> | undefined;
  return {
    address: base,
    webhookUrl: `${base}/services/T000/B000/${secret}`,
    api: { url: `${base}/api`, channel: channelName },
    messages: (sinceId) => channel.messages(sinceId),
    attempts: () => [...attempts],
    clear,
    respondWith: (...next) => void (behaviour.next = next),
    stop: () => (stopped ??= stop()),
  };
}

async function listen(app: Express, port: number, host: string): Promise<Server> {
  const server = createServer(app);
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}

/** Resolves when the calls in flight are answered; connections that only wait for a next call are cut. */
async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  await closed;
}

function createRoutes(slack: Record<string, express.RequestHandler>, routes: express.Router): Express {
  const app = express();
  app.disable('x-powered-by');
  const readText = text({ type: () => true, limit: '2mb' });
  for (const [path, answering] of Object.entries(slack)) app.post(path, readText, answering);
  app.use(routes);
  app.use((_request, response) => void response.status(404).type('text/plain').send('no_service'));
  app.use(invalidPayload);
  return app;
}

/** A body that Express cannot read (too large, an unknown charset) is to Slack just an invalid payload. */
const invalidPayload: ErrorRequestHandler = (_error, _request, response, _next) => {
  response.status(400).type('text/plain').send('invalid_payload');
};
