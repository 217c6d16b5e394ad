import fc from 'fast-check';
import { decideNotice, type DesiredState, type SentState } from './decide-notice';

const firing: DesiredState = { state: 'firing', revision: 1 };
const nothing: SentState = { state: 'nothing', revision: 0, tried: null };
const told: SentState = { state: 'firing', revision: 1, tried: null };

describe('decideNotice', () => {
  it('tells what is not known yet, and what is new', () => {
    expect(decideNotice(firing, nothing, 'said')).toEqual({ act: 'send', message: 'firing' });
    expect(decideNotice(firing, told, 'said')).toEqual({ act: 'wait' });
    expect(decideNotice({ ...firing, revision: 2 }, told, 'said')).toEqual({
      act: 'send',
      message: 'firing',
    });
  });

  it('ends what was told, and what may have been', () => {
    const over = { state: 'resolved', revision: 1 } as const;
    expect(decideNotice(over, told, 'said')).toEqual({ act: 'send', message: 'resolved' });
    expect(decideNotice(over, { ...nothing, tried: 'firing' }, 'said')).toEqual({
      act: 'send',
      message: 'resolved',
    });
    expect(decideNotice(over, nothing, 'said')).toEqual({ act: 'close', outcome: 'untold' });
  });

  it('tells a count at the end only if there is more than was told', () => {
    const settled = { state: 'expired', revision: 24 } as const;
    expect(decideNotice(settled, told, 'counted')).toEqual({ act: 'send', message: 'expired' });
    expect(decideNotice(settled, { ...told, revision: 24 }, 'counted')).toEqual({
      act: 'close',
      outcome: 'told',
    });
    expect(decideNotice({ ...firing, revision: 12 }, told, 'counted')).toEqual({ act: 'wait' });
  });

  it('tells of a moment, however late, and ends it without a word', () => {
    const over = { state: 'expired', revision: 1 } as const;
    expect(decideNotice(over, nothing, 'unsaid')).toEqual({ act: 'send', message: 'firing' });
    expect(decideNotice(over, told, 'unsaid')).toEqual({ act: 'close', outcome: 'told' });
  });
});

/** One step of a destination's life: the world changes, or a sender acts. Clocks play no part, so that they may jump. */
type Step = Change | Post;
type Change = { does: 'revise' | 'resolve' | 'expire' | 'reopen' };
type Post =
  /** A post: what became of it, and whether the sender lived to write it down. */
  { does: 'send'; arrives: boolean; answer: 'ok' | 'refused' | 'lost'; dies: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ does: fc.constantFrom('revise', 'resolve', 'expire', 'reopen') }) as fc.Arbitrary<Step>,
  fc.record({
    does: fc.constant('send' as const),
    arrives: fc.boolean(),
    answer: fc.constantFrom('ok', 'refused', 'lost'),
    dies: fc.boolean(),
  }),
);

interface World {
  desired: DesiredState;
  sent: SentState;
  /** What people saw of the incident that is open now. */
  seen: ('firing' | 'resolved' | 'expired')[];
  /** Of incidents before it. */
  past: World['seen'][];
  /** Posts whose fate the sender could not know. */
  doubtful: number;
}

function live(world: World, doing: Step): World {
  const { desired } = world;
  if (doing.does === 'send') return post(world, doing);
  if (doing.does === 'revise')
    return desired.state === 'firing'
      ? { ...world, desired: { ...desired, revision: desired.revision + 1 } }
      : world;
  if (doing.does === 'resolve' || doing.does === 'expire') {
    const state = doing.does === 'resolve' ? 'resolved' : 'expired';
    return desired.state === 'firing' ? { ...world, desired: { ...desired, state } } : world;
  }
  if (decideNotice(desired, world.sent, 'said').act !== 'close') return world;
  return { ...world, desired: firing, sent: nothing, seen: [], past: [...world.past, world.seen] };
}

function post(world: World, { arrives, answer, dies }: Post): World {
  const decision = decideNotice(world.desired, world.sent, 'said');
  if (decision.act !== 'send') return world;
  const { message } = decision;
  const tried = message === 'firing' ? 'firing' : 'ended';
  const isThere = answer === 'ok' || (answer === 'lost' && arrives);
  const seen = isThere ? [...world.seen, message] : world.seen;
  const before = world.sent;
  const knows = answer !== 'lost' && !dies;
  const doubtful = world.doubtful + (knows ? 0 : 1);
  if (!knows) return { ...world, seen, doubtful, sent: { ...before, tried } };
  if (answer === 'refused') return { ...world, seen };
  return { ...world, seen, sent: { state: tried, revision: world.desired.revision, tried: null } };
}

/** Everything works from here on. */
function settle(world: World): World {
  let settled = world.desired.state === 'firing' ? live(world, { does: 'resolve' }) : world;
  for (let round = 0; round < 3; round++)
    settled = live(settled, { does: 'send', arrives: true, answer: 'ok', dies: false });
  return settled;
}

describe('whatever happens between the world, the senders and Slack', () => {
  const start: World = { desired: firing, sent: nothing, seen: [], past: [], doubtful: 0 };
  const worlds = fc.array(step, { maxLength: 60 }).map((steps) => settle(steps.reduce(live, start)));

  it('ends everything that was seen firing, and once, but for posts in doubt', () => {
    fc.assert(
      fc.property(worlds, ({ seen, past, doubtful }) => {
        for (const story of [...past, seen]) {
          const ends = story.filter((message) => message !== 'firing').length;
          const fired = story.includes('firing');
          if (fired && ends < 1) return false;
          if (ends > 1 + doubtful) return false;
        }
        return true;
      }),
      { numRuns: 2_000 },
    );
  });

  it('never says that something fires after it has said that it is over', () => {
    fc.assert(
      fc.property(worlds, ({ seen, past }) =>
        [...past, seen].every((story) => {
          const end = story.findIndex((message) => message !== 'firing');
          return end < 0 || !story.slice(end).includes('firing');
        }),
      ),
      { numRuns: 2_000 },
    );
  });

  it('repeats no more messages than there were posts in doubt', () => {
    fc.assert(
      fc.property(worlds, ({ seen, past, doubtful, desired }) => {
        const all = [...past, seen];
        const mostRevisions = desired.revision + 60;
        return all.every((story) => story.length <= mostRevisions + 1 + doubtful);
      }),
    );
  });
});
