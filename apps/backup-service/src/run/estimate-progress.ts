export interface Progress {
  bytesPerSecond: number;
  /** Between 0 and 1; undefined where nothing tells how much is to come. */
  ratio: number | undefined;
  secondsLeft: number | undefined;
}

/** How far a dump is, measured by the last one of the same database; undefined before it has begun. */
export function estimateProgress(facts: {
  dumpedBytes: number;
  elapsedSeconds: number;
  expectedBytes: number | null;
}): Progress | undefined {
  const { dumpedBytes, elapsedSeconds, expectedBytes } = facts;
  if (dumpedBytes <= 0 || elapsedSeconds <= 0) return undefined;
  const bytesPerSecond = dumpedBytes / elapsedSeconds;
  // More than the last time: it has grown, and how much is to come is anyone's guess.
  if (!expectedBytes || dumpedBytes >= expectedBytes)
    return { bytesPerSecond, ratio: undefined, secondsLeft: undefined };
  return {
    bytesPerSecond,
    ratio: dumpedBytes / expectedBytes,
    secondsLeft: (expectedBytes - dumpedBytes) / bytesPerSecond,
  };
}
