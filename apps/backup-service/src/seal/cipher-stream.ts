/**
 * Encryption of a stream whose length nobody knows yet, in the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár
 * 2015): chunks of 64 KiB, each AES-256-GCM under the nonce `prefix (7) ‖ counter (4) ‖ last (1)`. The counter makes a
 * chunk that was moved, repeated or left out fail, the flag on the last one makes a shortened stream fail, and the
 * associated data, header ‖ backup id, makes one from another backup fail. A data key is used for one stream only, and
 * stays far below the 64 GiB that one GCM message may have. Nothing is handed on before its chunk has been authenticated.
 */
import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto';

/** What a stream is bound to: its key, and the id of its backup. */
export interface StreamBinding {
  dataKey: KeyObject;
  backupId: string;
}

/** What is stored is not what was encrypted, or not with this key. */
export class UnsealError extends Error {
  constructor(message: string, options?: { cause: unknown }) {
    super(message, options);
    this.name = 'UnsealError';
  }
}

export const chunkBytes = 65_536;
const tagBytes = 16;
const prefixBytes = 7;
const magic = Buffer.from('swfxSEA1');
/** `magic (8) ‖ log2 of the chunk size (1) ‖ nonce prefix (7)`. */
export const headerBytes = magic.length + 1 + prefixBytes;
const chunkBits = 16;
const cipher = 'aes-256-gcm';

/** Encrypts; what comes out is the header and then each chunk with its tag. */
export async function* encryptStream(
  source: AsyncIterable<Buffer>,
  { dataKey, backupId }: StreamBinding,
): AsyncGenerator<Buffer, void, void> {
  const header = Buffer.concat([magic, Buffer.of(chunkBits), randomBytes(prefixBytes)]);
  const associated = Buffer.concat([header, Buffer.from(backupId)]);
  yield header;
  let counter = 0;
  for await (const { bytes, last } of inChunks(source, chunkBytes)) {
    const nonce = chunkNonce(header, counter++, last);
    const seal = createCipheriv(cipher, dataKey, nonce, { authTagLength: tagBytes });
    seal.setAAD(associated);
    yield Buffer.concat([seal.update(bytes), seal.final(), seal.getAuthTag()]);
  }
}

/** Decrypts; throws `UnsealError` at the first chunk that does not authenticate, before anything of it is handed on. */
export async function* decryptStream(
  source: AsyncIterable<Buffer>,
  { dataKey, backupId }: StreamBinding,
): AsyncGenerator<Buffer, void, void> {
  let header: Buffer | undefined;
  let counter = 0;
  for await (const { bytes, last } of inChunks(source, chunkBytes + tagBytes, headerBytes)) {
    if (!header) {
      header = parseHeader(bytes);
      continue;
    }
    const binding = { dataKey, associated: Buffer.concat([header, Buffer.from(backupId)]) };
    yield openChunk(bytes, chunkNonce(header, counter++, last), binding);
  }
  if (counter === 0) throw new UnsealError('the encrypted dump has no content');
}

function parseHeader(header: Buffer): Buffer {
  const known = header.length === headerBytes && header.subarray(0, magic.length).equals(magic);
  if (!known || header[magic.length] !== chunkBits)
    throw new UnsealError('the encrypted dump does not begin like one');
  return header;
}

function openChunk(
  bytes: Buffer,
  nonce: Buffer,
  { dataKey, associated }: { dataKey: KeyObject; associated: Buffer },
): Buffer {
  try {
    const open = createDecipheriv(cipher, dataKey, nonce, { authTagLength: tagBytes });
    open.setAAD(associated);
    open.setAuthTag(bytes.subarray(-tagBytes));
    return Buffer.concat([open.update(bytes.subarray(0, -tagBytes)), open.final()]);
  } catch (cause) {
    throw new UnsealError(`the encrypted dump does not open at chunk ${nonce.readUInt32BE(prefixBytes)}`, {
      cause,
    });
  }
}

const mostChunks = 2 ** 32;

/** The nonce of a chunk: no two chunks of a stream have the same, and none of a stream of 2^32 chunks or more has one. */
export function chunkNonce(header: Buffer, counter: number, last: boolean): Buffer {
  if (counter >= mostChunks) throw new RangeError('a dump of more than 256 TiB cannot be encrypted');
  const nonce = Buffer.alloc(prefixBytes + 5);
  header.copy(nonce, 0, magic.length + 1);
  nonce.writeUInt32BE(counter, prefixBytes);
  nonce[prefixBytes + 4] = last ? 1 : 0;
  return nonce;
}

/** Cuts a stream into pieces of one size, the first perhaps of another; the last may be shorter, and is never missing. */
async function* inChunks(
  source: AsyncIterable<Buffer>,
  size: number,
  firstSize = size,
): AsyncGenerator<{ bytes: Buffer; last: boolean }, void, void> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let wanted = firstSize;
  for await (const piece of source) {
    held.push(piece);
    heldBytes += piece.length;
    if (heldBytes <= wanted) continue;
    let all = Buffer.concat(held, heldBytes);
    // Strictly more than a chunk: only what is left at the end can be the last one.
    for (; all.length > wanted; wanted = size) {
      yield { bytes: all.subarray(0, wanted), last: false };
      all = all.subarray(wanted);
    }
    held = [all];
    heldBytes = all.length;
  }
  yield { bytes: Buffer.concat(held, heldBytes), last: true };
}
