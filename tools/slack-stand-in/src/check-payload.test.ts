import { checkPayload } from './check-payload';

const check = (payload: unknown) => checkPayload('application/json; charset=utf-8', JSON.stringify(payload));
const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } });
const plain = (text: string) => ({ type: 'plain_text', text });
const accepted = { verdict: 'accepted', truncated: false };

describe('checkPayload', () => {
  it('accepts a text alone, blocks alone and an attachment alone', () => {
    expect(check({ text: 'Hello' })).toMatchObject(accepted);
    expect(check({ blocks: [section('Hello')] })).toMatchObject(accepted);
    expect(check({ attachments: [{ color: 'danger', text: 'Hello' }] })).toMatchObject(accepted);
  });

  it.each([{}, { text: '' }, { text: ' \n' }, { blocks: [] }, { text: '', attachments: [] }])(
    'refuses %j, which shows nothing, as no_text',
    (payload) => {
      expect(check(payload)).toMatchObject({ verdict: 'refused', error: 'no_text' });
    },
  );

  it.each([
    ['no JSON', 'application/json', '{"text":'],
    ['a list', 'application/json', '[]'],
    ['null', 'application/json', 'null'],
    ['a text that is no string', 'application/json', '{"text":7}'],
    ['another content type', 'text/plain', '{"text":"Hello"}'],
    ['no content type', undefined, '{"text":"Hello"}'],
    ['a content type that only begins alike', 'application/jsonp', '{"text":"Hello"}'],
  ])('refuses %s as invalid_payload', (_case, contentType, body) => {
    expect(checkPayload(contentType, body)).toMatchObject({ verdict: 'refused', error: 'invalid_payload' });
  });

  it('cuts a text at 40,000 characters and does not refuse it', () => {
    const verdict = check({ text: '🚨'.repeat(40_001) });
    expect(verdict).toMatchObject({ verdict: 'accepted', truncated: true });
    expect(verdict).toHaveProperty('payload.text', '🚨'.repeat(40_000));
  });

  it.each([
    ['50 blocks', Array.from({ length: 50 }, () => ({ type: 'divider' }))],
    ['a section of 3,000 characters, counted as code points', [section('🚨'.repeat(3_000))]],
    [
      'ten fields of 2,000',
      [{ type: 'section', fields: Array.from({ length: 10 }, () => plain('x'.repeat(2_000))) }],
    ],
    ['a header of 150', [{ type: 'header', text: plain('x'.repeat(150)) }]],
    ['ten context elements', [{ type: 'context', elements: Array.from({ length: 10 }, () => plain('x')) }]],
    [
      '25 buttons',
      [
        {
          type: 'actions',
          elements: Array.from({ length: 25 }, () => ({ type: 'button', text: plain('x') })),
        },
      ],
    ],
    ['an image', [{ type: 'image', image_url: 'https://a.test/x.png', alt_text: 'x' }]],
    ['rich text', [{ type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [] }] }]],
    ['12,000 characters of markdown', [{ type: 'markdown', text: 'x'.repeat(12_000) }]],
  ])('accepts %s', (_case, blocks) => {
    expect(check({ blocks })).toMatchObject(accepted);
  });

  it.each([
    ['51 blocks', Array.from({ length: 51 }, () => ({ type: 'divider' }))],
    ['blocks that are no list', { type: 'divider' }],
    ['an unknown type', [{ type: 'sektion' }]],
    ['a type from the prototype', [{ type: 'constructor' }]],
    ['a block that is no object', ['divider']],
    ['an unknown property', [{ ...section('x'), colour: 'red' }]],
    ['a section without text and fields', [{ type: 'section' }]],
    ['an empty section text', [section('')]],
    ['a section of 3,001 characters', [section('x'.repeat(3_001))]],
    ['a section whose text is a string', [{ type: 'section', text: 'x' }]],
    ['eleven fields', [{ type: 'section', fields: Array.from({ length: 11 }, () => plain('x')) }]],
    ['a field of 2,001', [{ type: 'section', fields: [plain('x'.repeat(2_001))] }]],
    ['a header of 151', [{ type: 'header', text: plain('x'.repeat(151)) }]],
    ['a header in mrkdwn', [{ type: 'header', text: { type: 'mrkdwn', text: 'x' } }]],
    [
      'eleven context elements',
      [{ type: 'context', elements: Array.from({ length: 11 }, () => plain('x')) }],
    ],
    ['a context without elements', [{ type: 'context', elements: [] }]],
    [
      '26 buttons',
      [
        {
          type: 'actions',
          elements: Array.from({ length: 26 }, () => ({ type: 'button', text: plain('x') })),
        },
      ],
    ],
    [
      'a button text of 76',
      [{ type: 'actions', elements: [{ type: 'button', text: plain('x'.repeat(76)) }] }],
    ],
    [
      'a button to a script',
      [{ type: 'actions', elements: [{ type: 'button', text: plain('x'), url: 'javascript:1' }] }],
    ],
    ['an image without alt text', [{ type: 'image', image_url: 'https://a.test/x.png' }]],
    [
      'two equal block ids',
      [
        { type: 'divider', block_id: 'a' },
        { type: 'divider', block_id: 'a' },
      ],
    ],
    [
      'more than 12,000 characters of markdown in all',
      Array.from({ length: 2 }, () => ({ type: 'markdown', text: 'x'.repeat(7_000) })),
    ],
  ])('refuses %s as invalid_blocks, and says where', (_case, blocks) => {
    expect(check({ text: 'fallback', blocks })).toMatchObject({
      verdict: 'refused',
      error: 'invalid_blocks',
      details: [expect.stringContaining('blocks')],
    });
  });

  it.each([
    ['101 of them', Array.from({ length: 101 }, () => ({ text: 'x' }))],
    ['one without content', [{ color: 'danger' }]],
    ['one with a wrong block', [{ blocks: [{ type: 'header' }] }]],
  ])('refuses attachments: %s', (_case, attachments) => {
    expect(check({ text: 'x', attachments })).toMatchObject({
      verdict: 'refused',
      error: 'invalid_attachments',
    });
  });
});
