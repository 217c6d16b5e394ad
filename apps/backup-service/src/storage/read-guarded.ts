import { finished, PassThrough, type Readable } from 'node:stream';

/** The same stream, whose errors are those of its storage: `explain` throws what an error means there. */
export function readGuarded(source: Readable, explain: (error: unknown) => never): Readable {
  const guarded = new PassThrough({ highWaterMark: source.readableHighWaterMark });
  finished(source, (error) => error && guarded.destroy(explained(error, explain)));
  // Whoever gives the reading up must not wait for a source that says nothing any more.
  guarded.once('close', () => source.destroy());
  return source.pipe(guarded);
}

function explained(error: unknown, explain: (error: unknown) => never): Error {
  try {
    return explain(error);
  } catch (meaning) {
    return meaning as Error;
  }
}
