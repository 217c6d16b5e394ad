import { finished, PassThrough, type Readable } from 'node:stream';

/**
 * The same stream, whose errors are those of its storage: `explain` throws what an error means there. With `silenceMs`
 * it is an error too when the source says nothing for so long, though somebody waits for it.
 */
export function readGuarded(
  source: Readable,
  explain: (error: unknown) => never,
  { silenceMs }: { silenceMs?: number } = {},
): Readable {
  const guarded = new PassThrough({ highWaterMark: source.readableHighWaterMark });
  finished(source, (error) => error && guarded.destroy(explained(error, explain)));
  // Whoever gives the reading up must not wait for a source that says nothing any more.
  guarded.once('close', () => source.destroy());
  if (silenceMs !== undefined)
    watchSilence(source, guarded, {
      silenceMs,
      give: () => guarded.destroy(explained(new Error(`nothing came for ${silenceMs / 1000} s`), explain)),
    });
  return source.pipe(guarded);
}

function watchSilence(
  source: Readable,
  guarded: PassThrough,
  { silenceMs, give }: { silenceMs: number; give: () => void },
): void {
  let timer: NodeJS.Timeout;
  const heard = () => {
    clearTimeout(timer);
    // While nobody takes what there is, the source has no reason to go on.
    const isAwaited = () => guarded.readableLength + guarded.writableLength === 0;
    timer = setTimeout(() => (isAwaited() ? give() : heard()), silenceMs);
  };
  heard();
  source.on('data', heard);
  for (const stream of [source, guarded]) stream.once('close', () => clearTimeout(timer));
  source.once('end', () => clearTimeout(timer));
}

function explained(error: unknown, explain: (error: unknown) => never): Error {
  try {
    return explain(error);
  } catch (meaning) {
    return meaning as Error;
  }
}
