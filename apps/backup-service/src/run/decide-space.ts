export type SpaceDecision = { enough: true } | { enough: false; reason: string };

/** A dump is not begun where half as much again as the last one took is not free: it would fail, and fill the disk. */
export function decideSpace(facts: {
  freeBytes: number | undefined;
  lastSizeBytes: number | undefined;
}): SpaceDecision {
  const { freeBytes, lastSizeBytes } = facts;
  if (freeBytes === undefined) return { enough: true };
  const needed = (lastSizeBytes ?? 0) * 1.5;
  if (freeBytes > needed) return { enough: true };
  const reason =
    lastSizeBytes === undefined
      ? 'the backup storage is full'
      : `the backup storage has ${megabytes(freeBytes)} free; the last backup took ${megabytes(lastSizeBytes)}, and half as much again is needed`;
  return { enough: false, reason };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
