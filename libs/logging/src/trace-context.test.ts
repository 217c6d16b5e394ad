import { currentTrace, traceOf, traceparentOf, withTrace } from './trace-context';

const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('traceOf', () => {
  it('continues a valid traceparent under a span of its own', () => {
    const trace = traceOf({ traceparent: parent });
    expect(trace.traceId).toBe('0af7651916cd43dd8448eb211c80319c');
    expect(trace.spanId).not.toBe('b7ad6b7169203331');
    expect(traceparentOf(trace)).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
  });

  it.each(['', 'nonsense', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, parent.toUpperCase()])(
    'starts afresh for %j',
    (header) => {
      expect(traceOf({ traceparent: header }).traceId).not.toMatch(/^0+$|^0af7651916cd43dd/i);
    },
  );

  it('keeps a well-formed request id and replaces any other', () => {
    expect(traceOf({ requestId: 'abc-123' }).requestId).toBe('abc-123');
    expect(traceOf({ requestId: 'a\nb' }).requestId).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('withTrace', () => {
  it('is seen by everything that the work awaits', async () => {
    const trace = traceOf();
    const seen = await withTrace(trace, async () => {
      await Promise.resolve();
      return currentTrace();
    });
    expect(seen).toBe(trace);
    expect(currentTrace()).toBeUndefined();
  });
});
