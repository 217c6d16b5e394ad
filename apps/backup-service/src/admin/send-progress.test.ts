import { startHttpServer } from '@swfx/service';
import type { Response } from 'express';
import { createProgressSender } from './send-progress';

describe('the progress sender', () => {
  it('lets no more watch than so many, though they come at once', async () => {
    const sender = createProgressSender({ stopping: new AbortController().signal, mostAtOnce: 2 });
    let over = false;
    const watched = { read: async () => ({ over }), isOver: (state: { over: boolean }) => state.over };
    let refused = 0;
    const server = await startHttpServer({
      host: '127.0.0.1',
      port: 0,
      handler: (_request, response) =>
        void sender.send(response as Response, watched).catch(() => {
          refused += 1;
          // Those who are let in are kept until everybody has asked.
          over = refused === 3;
          response.writeHead(503).end();
        }),
    });
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => fetch(`http://127.0.0.1:${server.port}/`)),
    );
    over = true;
    await Promise.all(answers.map((answer) => answer.text()));
    await server.stop();
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 503, 503, 503]);
  });
});
