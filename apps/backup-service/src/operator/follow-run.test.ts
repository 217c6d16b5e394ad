import { describeEnd, describeProgress, type RunReport } from './follow-run';
import { formatBytes } from './format-bytes';

const report: RunReport = {
  id: '6f1e6f0e',
  database: 'platform',
  state: 'running',
  attempt: 1,
  phase: 'dumping',
  dumped_bytes: 12_345_678,
  elapsed_seconds: null,
  expected_bytes: null,
  reason: null,
  error: null,
  size_bytes: null,
  duration_seconds: null,
};

describe('what an operator is told of a backup', () => {
  it('is how far it is', () => {
    expect(describeProgress(report)).toBe('platform: attempt 1, dumping, 12.3 MB read');
  });
  it('is how fast it goes and how long it still takes, where an earlier dump tells', () => {
    expect(describeProgress({ ...report, elapsed_seconds: 2, expected_bytes: 24_691_356 })).toBe(
      'platform: attempt 1, dumping, 12.3 MB read, 50 %, 6.2 MB/s, about 2 s left',
    );
  });
  it('is why it waits to be tried again', () => {
    const waiting = { ...report, state: 'queued', error: 'no luck' } as const;
    expect(describeProgress(waiting)).toBe('platform: attempt 1 failed (no luck); waiting to be taken');
  });
  it('is that nothing takes it', () => {
    expect(describeEnd({ ...report, state: 'queued', attempt: 0 })).toMatch(/is backup-service running\?$/);
  });
  it('is its size and time when it is there, and its reason when it is not', () => {
    const done = { ...report, state: 'succeeded', size_bytes: 1_500, duration_seconds: 2 } as const;
    expect(describeEnd(done)).toMatch(/^Backed up platform: 1.5 kB in 2.0 s/);
    const failed = { ...report, state: 'failed', attempt: 3, reason: 'timeout', error: 'too slow' } as const;
    expect(describeEnd(failed)).toBe('The backup of platform failed after 3 attempts (timeout): too slow.');
  });
});

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.0 kB'],
    [2.5e12, '2.5 TB'],
    [9e15, '9000.0 TB'],
  ])('writes %d as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});
