import { describeRestoreProgress } from './describe-restore-progress';

const facts = {
  phase: 'restoring',
  restored_bytes: 12_345_678,
  expected_bytes: 24_691_356,
  elapsed_seconds: 2,
};

describe('what an operator is told of a restore under way', () => {
  it('is its phase, and while the dump is read how far, how fast and how long still', () => {
    expect(describeRestoreProgress('platform', facts)).toBe(
      'platform: restoring, 12.3 MB read, 50 %, 6.2 MB/s, about 2 s left',
    );
    expect(describeRestoreProgress('platform', { ...facts, phase: 'comparing' })).toBe('platform: comparing');
    expect(describeRestoreProgress('platform', { ...facts, restored_bytes: 0 })).toBe('platform: restoring');
  });
  it('is what is still made when the whole dump is read', () => {
    expect(describeRestoreProgress('platform', { ...facts, expected_bytes: 12_345_678 })).toBe(
      'platform: restoring, all of 12.3 MB read; indexes and constraints are made',
    );
  });
});
