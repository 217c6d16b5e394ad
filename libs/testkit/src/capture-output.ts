/** What a command wrote and how it ended: `code` is the exit code that it set, 0 where it set none. */
export type CapturedOutput = { code: number; out: string; err: string };

/**
 * Runs a command in this process as if it were one of its own: what it writes to standard output and error is kept
 * instead of shown, its exit code is read and taken back. An error that it throws goes on. One at a time.
 */
export async function captureOutput(command: () => Promise<unknown>): Promise<CapturedOutput> {
  const out = divert(process.stdout);
  const err = divert(process.stderr);
  const exitCodeBefore = process.exitCode;
  process.exitCode = 0;
  try {
    await command();
    return { code: Number(process.exitCode), out: out.text(), err: err.text() };
  } finally {
    process.exitCode = exitCodeBefore;
    out.restore();
    err.restore();
  }
}

function divert(stream: NodeJS.WriteStream): { text: () => string; restore: () => void } {
  let text = '';
  const listeners = stream.listeners('error');
  const write = stream.write.bind(stream);
  stream.write = (chunk: string | Uint8Array) => {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    return true;
  };
  const restore = (): void => {
    stream.write = write;
    // A command listens for as long as its process lives, and here many share one.
    const added = stream.listeners('error').filter((listener) => !listeners.includes(listener));
    for (const listener of added) stream.off('error', listener as (error: Error) => void);
  };
  return { text: () => text, restore };
}
