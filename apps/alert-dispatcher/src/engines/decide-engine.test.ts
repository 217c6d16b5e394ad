import { decideEngine, engineSeen, type EngineState } from './decide-engine';

const up: EngineState = { up: true, sinceMs: 0, reportedMs: undefined };

describe('decideEngine', () => {
  it('says that an engine is down once it has not answered for three seconds, and again each minute', () => {
    const down = engineSeen(up, false, 10_000);
    expect(decideEngine(down, 12_999)).toBe('nothing');
    expect(decideEngine(down, 13_000)).toBe('down');
    const reported = { ...down, reportedMs: 13_000 };
    expect(decideEngine(reported, 72_999)).toBe('nothing');
    expect(decideEngine(reported, 73_000)).toBe('down');
  });

  it('says that it is up once it has answered for ten seconds, if it was said to be down', () => {
    const down = { ...engineSeen(up, false, 0), reportedMs: 3_000 };
    const back = engineSeen(down, true, 20_000);
    expect(decideEngine(back, 29_999)).toBe('nothing');
    expect(decideEngine(back, 30_000)).toBe('up');
    expect(decideEngine(engineSeen(engineSeen(back, false, 25_000), true, 26_000), 30_000)).toBe('nothing');
    expect(decideEngine(up, 1_000_000)).toBe('nothing');
  });
});
