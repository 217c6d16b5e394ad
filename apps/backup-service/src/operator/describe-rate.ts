import { estimateProgress } from '../run/estimate-progress';
import { formatBytes } from './format-bytes';

/** How many bytes were read, how fast, and how long the rest will take, as far as anything tells. */
export function describeRate(facts: {
  bytes: number;
  elapsedSeconds: number;
  expectedBytes: number | null;
}): string[] {
  const { bytes, elapsedSeconds, expectedBytes } = facts;
  if (bytes <= 0) return [];
  const read = `${formatBytes(bytes)} read`;
  const progress = estimateProgress({ dumpedBytes: bytes, elapsedSeconds, expectedBytes });
  if (!progress) return [read];
  const rate = `${formatBytes(Math.round(progress.bytesPerSecond))}/s`;
  if (progress.ratio === undefined || progress.secondsLeft === undefined) return [read, rate];
  const percent = Math.round(progress.ratio * 100);
  return [read, `${percent} %`, rate, `about ${Math.ceil(progress.secondsLeft)} s left`];
}
