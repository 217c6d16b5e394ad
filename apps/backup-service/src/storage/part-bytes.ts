const mebibyte = 1024 * 1024;
const smallest = 8 * mebibyte;
/** The largest part that S3 takes. */
const largest = 5 * 1024 * mebibyte;
const plannedParts = 900;
const doublingParts = 250;

/**
 * How long the part of a multipart upload with this number is to be. Some providers take 1,000 parts and no more, so the
 * expected size is divided by 900; since an expectation can be wrong, parts double every 250.
 */
export function partBytes(number: number, expectedBytes: number): number {
  const first = Math.max(smallest, Math.ceil(expectedBytes / plannedParts));
  return Math.min(first * 2 ** Math.floor((number - 1) / doublingParts), largest);
}
