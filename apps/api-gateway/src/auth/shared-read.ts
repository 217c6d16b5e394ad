/**
 * One expensive read that many ask for. At most one runs at a time, and whoever asks is answered by a read that
 * began after they asked: what they know of cannot be too new for it. `fresh` may be caused by outsiders, so it
 * begins a read no sooner than `spacingMs` after the last one began; all who ask meanwhile share that read.
 */
export interface SharedRead {
  /** As soon as no read runs. */
  now(): Promise<boolean>;
  /** With the spacing. */
  fresh(): Promise<boolean>;
  /** Answers everyone who still waits with `false`, and reads no more. */
  stop(): void;
}

interface NextRead {
  answer: Promise<boolean>;
  settle: (answer: boolean | Promise<boolean>) => void;
}

/** `read` never rejects: it says whether it could be made. */
export function createSharedRead(options: { read: () => Promise<boolean>; spacingMs: number }): SharedRead {
  let running = false;
  let stopped = false;
  let lastBeganAt = -Infinity;
  let next: NextRead | undefined;
  let timer: NodeJS.Timeout | undefined;
  /** When the next read is to begin, by the monotonic clock. */
  let dueAt = Infinity;

  function ask(at: number): Promise<boolean> {
    if (stopped) return Promise.resolve(false);
    const { answer } = (next ??= nextRead());
    dueAt = Math.min(dueAt, at);
    schedule();
    return answer;
  }
  function schedule(): void {
    clearTimeout(timer);
    if (running || !next || stopped) return;
    const delayMs = dueAt - performance.now();
    if (delayMs <= 0) begin(next);
    else timer = setTimeout(schedule, Math.ceil(delayMs));
  }
  function begin({ settle }: NextRead): void {
    next = undefined;
    dueAt = Infinity;
    running = true;
    lastBeganAt = performance.now();
    const answer = options.read();
    settle(answer);
    void answer.then(() => {
      running = false;
      schedule();
    });
  }
  return {
    now: () => ask(performance.now()),
    fresh: () => ask(lastBeganAt + options.spacingMs),
    stop() {
      stopped = true;
      clearTimeout(timer);
      next?.settle(false);
    },
  };
}

function nextRead(): NextRead {
  let settle!: NextRead['settle'];
  const answer = new Promise<boolean>((resolve) => (settle = resolve));
  return { answer, settle };
}
