import { Router, json } from 'express';
import { parseBehaviour, type Behaviour } from './behaviour';
import type { Channel } from './channel';
import { pagePolicy, renderMessages, renderPage } from './channel-page';
import type { Attempt } from './calls';

type ChannelView = { channel: Channel; attempts: Attempt[]; behaviour: Behaviour; clear: () => void };

/**
 * What Slack has no need of: the channel as a page (`/`), as JSON (`/messages?since=<id>`), the calls of the webhook
 * (`/attempts`), the behaviour (`/behaviour`) and `/health`.
 */
export function channelRoutes({ channel, attempts, behaviour, clear }: ChannelView): Router {
  const router = Router();
  router.get('/', (_request, response) => {
    response.set('content-security-policy', pagePolicy).send(renderPage(channel.messages()));
  });
  router.get('/channel', (_request, response) => void response.send(renderMessages(channel.messages())));
  router.get('/messages', (request, response) => {
    const since = Number(request.query['since'] ?? 0);
    response.json(channel.messages(Number.isFinite(since) ? since : 0));
  });
  router.delete('/messages', (_request, response) => {
    clear();
    response.status(204).end();
  });
  router.get('/attempts', (_request, response) => void response.json(attempts));
  router.get('/health', (_request, response) => void response.json({ status: 'healthy' }));
  router.get('/behaviour', (_request, response) => void response.json(behaviour));
  router.put('/behaviour', json(), (request, response) => {
    const parsed = parseBehaviour(request.body);
    if (!parsed.ok) return void response.status(400).type('text/plain').send(parsed.problem);
    response.json(Object.assign(behaviour, parsed.behaviour));
  });
  return router;
}
