import { classifyResponse, saysOk } from './classify-response';

const now = new Date('2025-06-22T14:30:00Z');
const reading = { receiver: 'Slack', now, confirms: saysOk };
const answer = (status: number, body = '', retryAfter?: string) =>
  classifyResponse({ kind: 'answer', status, body, retryAfter }, reading);

describe('classifyResponse', () => {
  it('takes only Slack’s own ok for a delivery', () => {
    expect(answer(200, 'ok')).toEqual({ outcome: 'delivered' });
    expect(answer(200, 'ok\n')).toEqual({ outcome: 'delivered' });
    expect(answer(200, '<html>Please log in to the network</html>')).toMatchObject({ reason: 'rejected' });
    expect(answer(204)).toMatchObject({ outcome: 'refused', reason: 'rejected' });
    expect(answer(302)).toMatchObject({ outcome: 'refused', reason: 'rejected' });
  });

  it.each([
    ['seconds', '30', '', 30],
    ['a date', 'Sun, 22 Jun 2025 14:31:00 GMT', '', 60],
    ['a date that is past', 'Sun, 22 Jun 2025 14:29:00 GMT', '', 0],
    ['the body', undefined, '{"ok":false,"error":"rate_limited","retry_after":7}', 7],
    ['nothing', undefined, '', undefined],
    ['nonsense', 'soon', 'later', undefined],
    ['a negative number', '-1', '', undefined],
    ['a fraction', '1.5', '', undefined],
  ])('reads how long to wait from %s', (_, header, body, afterSeconds) => {
    expect(answer(429, body, header)).toMatchObject({ outcome: 'rate_limited', afterSeconds });
  });

  it('retries what may pass', () => {
    for (const status of [500, 502, 503, 504, 408])
      expect(answer(status, 'rollup_error')).toEqual({
        outcome: 'retry',
        reason: 'server_error',
        detail: `Slack answered ${status}: rollup_error`,
        unsent: false,
      });
    expect(
      classifyResponse({ kind: 'no_answer', reason: 'timeout', detail: 'd', unsent: true }, reading),
    ).toEqual({
      outcome: 'retry',
      reason: 'timeout',
      detail: 'd',
      unsent: true,
    });
  });

  it('tells a message that is refused from a webhook that takes none', () => {
    for (const status of [400, 413])
      expect(answer(status, 'invalid_blocks')).toMatchObject({ outcome: 'refused', reason: 'payload' });
    for (const status of [401, 403, 404, 410])
      expect(answer(status, 'no_service')).toMatchObject({ outcome: 'refused', reason: 'rejected' });
  });

  it('keeps its account of an answer short, on one line, and free of addresses', () => {
    const body = `no\nsuch https://hooks.slack.com/services/T0/B0/s3cret ${'x'.repeat(1_000)}`;
    const verdict = answer(404, body) as { detail: string };
    expect(verdict.detail.length).toBeLessThan(250);
    expect(verdict.detail).not.toMatch(/\n|s3cret/);
  });
});
