import { describeTooLate } from './describe-too-late';
import type { RestoreReport } from './follow-restore';

const restore = { id: 'r1', database: 'platform', into: null, asked: null } as unknown as RestoreReport;

describe('why a restore cannot be cancelled any more', () => {
  it('is that its swap has begun, which an undo reverses', () => {
    expect(describeTooLate({ ...restore, state: 'planned', asked: 'restore' })).toBe(
      'the swap of restore r1 of platform has begun and is not cancelled; once it is over, npx swfx backup undo r1 gives the old database back',
    );
  });
  it('is how it ended', () => {
    expect(describeTooLate({ ...restore, state: 'failed' })).toBe(
      'the restore r1 of platform is over already (failed)',
    );
    expect(describeTooLate({ ...restore, state: 'restored' })).toMatch(/; npx swfx backup undo r1 gives/);
  });
  it('names no undo where nothing was replaced', () => {
    expect(describeTooLate({ ...restore, state: 'restored', into: 'trial' })).toMatch(/trial can be dropped/);
  });
});
