/**
 * Backups in a bucket of S3 or of something that speaks it. A long object goes up in parts, each with its SHA-256, and
 * is nowhere to be seen until all are there; when anything fails the upload is aborted, since parts that are left cost
 * money and show in no list. What a provider says is not believed: the size is asked for afterwards.
 */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
  type CompletedPart,
  type MultipartUpload,
} from '@aws-sdk/client-s3';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Secret } from '@swfx/config';
import { errorMessage } from '@swfx/errors';
import { BackupError } from '../backup-error';
import type { BackupStorage, PutHints, StoredObject } from './backup-storage';
import { collectParts, type Part } from './collect-parts';
import { partBytes } from './part-bytes';
import { putFrom } from './put-from';
import { readGuarded } from './read-guarded';

export interface S3Settings {
  bucket: string;
  /** What all keys begin with: empty, or a path with a slash at its end. */
  prefix: string;
  region: string;
  /** Undefined for AWS itself. */
  endpoint: string | undefined;
  accessKeyId: string;
  secretAccessKey: Secret;
  /** How long a connection may say nothing. */
  stallMs?: number;
  /** How long each part is to be; only tests have a reason to give it. */
  partBytes?: typeof partBytes;
}

interface Bucket {
  client: S3Client;
  settings: S3Settings;
  at: (key: string) => { Bucket: string; Key: string };
}

/** Opens a bucket as a storage; nothing is asked of it yet. */
export function openS3Storage(settings: S3Settings, name = 's3'): BackupStorage {
  const bucket: Bucket = {
    settings,
    client: createClient(settings),
    at: (key) => ({ Bucket: settings.bucket, Key: `${settings.prefix}${key}` }),
  };
  const guarded = <T>(work: Promise<T>) => work.catch((error: unknown) => fail(settings.bucket, error));
  return {
    name,
    place: `s3://${settings.bucket}/${settings.prefix}`.replace(/\/$/, ''),
    put: (key, source, signal, hints = {}) =>
      putFrom(
        source,
        (content) => putObject(bucket, key, { content, signal, hints }),
        (error) => fail(settings.bucket, error),
      ),
    get: (key) => guarded(getObject(bucket, key)),
    list: (prefix) => guarded(listObjects(bucket, prefix)),
    remove: (key) => guarded(removeObject(bucket, key)),
    freeBytes: async () => undefined,
    sweepUploads: (begunBefore) => guarded(sweepUploads(bucket, begunBefore)),
  };
}

function createClient(settings: S3Settings): S3Client {
  const { endpoint, region, accessKeyId, secretAccessKey, stallMs = 60_000 } = settings;
  return new S3Client({
    region,
    ...(endpoint ? { endpoint, forcePathStyle: true } : {}),
    credentials: { accessKeyId, secretAccessKey: secretAccessKey.reveal() },
    // Checksums are ours and sent with the request; the SDK's own come behind it, which not every provider understands.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 10_000, socketTimeout: stallMs },
  });
}

interface Upload {
  content: AsyncIterable<Buffer>;
  signal: AbortSignal;
  hints: PutHints;
}

async function putObject(bucket: Bucket, key: string, upload: Upload): Promise<void> {
  const { content, signal, hints } = upload;
  const lengthOf = bucket.settings.partBytes ?? partBytes;
  const parts = collectParts(content, (number) => lengthOf(number, hints.expectedBytes ?? 0));
  const first = await parts.next();
  const part = first.value as Part;
  try {
    signal.throwIfAborted();
    if (part.last) await putWhole(bucket, key, { part, signal, onlyIfAbsent: hints.onlyIfAbsent ?? false });
    else await putInParts(bucket, key, { first: part, rest: parts, signal });
  } finally {
    await part.drop();
    await parts.return();
  }
}

async function putWhole(
  bucket: Bucket,
  key: string,
  { part, signal, onlyIfAbsent }: { part: Part; signal: AbortSignal; onlyIfAbsent: boolean },
): Promise<void> {
  const body = part.body();
  const put = (condition: { IfNoneMatch?: '*' }) =>
    bucket.client.send(
      new PutObjectCommand({
        ...bucket.at(key),
        ...condition,
        Body: body,
        ContentLength: part.sizeBytes,
        ChecksumSHA256: part.sha256,
      }),
      { abortSignal: signal },
    );
  try {
    await put(onlyIfAbsent ? { IfNoneMatch: '*' } : {});
  } catch (error) {
    if (!onlyIfAbsent) throw error;
    if (statusOf(error) === 501) await put({});
    // The answer to a request that was repeated after its first answer got lost says that the object is there.
    else if (statusOf(error) !== 412 || !(await holds(bucket, key, body as Buffer))) throw error;
  }
  await requireSize(bucket, key, part.sizeBytes);
}

async function holds(bucket: Bucket, key: string, content: Buffer): Promise<boolean> {
  const stored = await getObject(bucket, key);
  return stored !== undefined && (await buffer(stored)).equals(content);
}

async function putInParts(
  bucket: Bucket,
  key: string,
  { first, rest, signal }: { first: Part; rest: AsyncIterable<Part>; signal: AbortSignal },
): Promise<void> {
  const { client } = bucket;
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({ ...bucket.at(key), ChecksumAlgorithm: 'SHA256' }),
    { abortSignal: signal },
  );
  const upload = { ...bucket.at(key), UploadId };
  let completing = false;
  try {
    const sent = await sendParts((part) => sendPart(bucket, upload, part, signal), first, rest);
    signal.throwIfAborted();
    completing = true;
    await client.send(
      new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: sent.parts } }),
    );
    await requireSize(bucket, key, sent.sizeBytes);
  } catch (error) {
    await client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
    // It may have been put together although nobody could tell us.
    if (completing) await removeObject(bucket, key).catch(() => undefined);
    throw error;
  }
}

/** While one part is under way the next is collected: neither the dump nor the network waits for the other. */
async function sendParts(
  send: (part: Part) => Promise<CompletedPart>,
  first: Part,
  rest: AsyncIterable<Part>,
): Promise<{ parts: CompletedPart[]; sizeBytes: number }> {
  const parts: CompletedPart[] = [];
  let sizeBytes = first.sizeBytes;
  const begin = (part: Part) => {
    const sending = send(part).finally(() => part.drop());
    // It may fail while the next part is still being collected; whoever awaits it then hears of it.
    sending.catch(() => undefined);
    return sending;
  };
  let sending = begin(first);
  try {
    for await (const part of rest) {
      sizeBytes += part.sizeBytes;
      const before = sending;
      sending = before.then(() => begin(part));
      sending.catch(() => part.drop());
      parts.push(await before);
    }
    parts.push(await sending);
    return { parts, sizeBytes };
  } finally {
    await sending.catch(() => undefined);
  }
}

async function sendPart(
  { client }: Bucket,
  upload: { Bucket: string; Key: string; UploadId: string | undefined },
  part: Part,
  signal: AbortSignal,
): Promise<CompletedPart> {
  const { ETag } = await client.send(
    new UploadPartCommand({
      ...upload,
      PartNumber: part.number,
      Body: part.body(),
      ContentLength: part.sizeBytes,
      ChecksumSHA256: part.sha256,
    }),
    { abortSignal: signal },
  );
  return { ETag, PartNumber: part.number, ChecksumSHA256: part.sha256 };
}

/** Storages have said yes to what they had not got. */
async function requireSize(bucket: Bucket, key: string, sizeBytes: number): Promise<void> {
  const { ContentLength } = await bucket.client.send(new HeadObjectCommand(bucket.at(key)));
  if (ContentLength === sizeBytes) return;
  await removeObject(bucket, key).catch(() => undefined);
  throw new BackupError(
    'storage_failed',
    `the bucket ${bucket.settings.bucket} says that it has stored ${key}, and has ${ContentLength} of its ${sizeBytes} bytes`,
  );
}

async function getObject({ client, at, settings }: Bucket, key: string): Promise<Readable | undefined> {
  try {
    const { Body } = await client.send(new GetObjectCommand(at(key)));
    return readGuarded(Body as Readable, (error) => failReading(settings.bucket, key, error));
  } catch (error) {
    if (statusOf(error) === 404 && (error as { name?: unknown }).name !== 'NoSuchBucket') return undefined;
    throw error;
  }
}

async function listObjects({ client, settings }: Bucket, prefix: string): Promise<StoredObject[]> {
  const found: StoredObject[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({
        Bucket: settings.bucket,
        Prefix: `${settings.prefix}${prefix}`,
        ContinuationToken: token,
      }),
    );
    for (const { Key = '', Size = 0 } of page.Contents ?? [])
      found.push({ key: Key.slice(settings.prefix.length), sizeBytes: Size });
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
  return found;
}

async function removeObject({ client, at }: Bucket, key: string): Promise<void> {
  await client.send(new DeleteObjectCommand(at(key)));
}

async function sweepUploads(bucket: Bucket, begunBefore: Date): Promise<number> {
  const { client, settings } = bucket;
  const old = (await listUploads(bucket)).filter(({ Initiated }) => Initiated && Initiated < begunBefore);
  for (const { Key, UploadId } of old)
    await client.send(new AbortMultipartUploadCommand({ Bucket: settings.bucket, Key, UploadId }));
  return old.length;
}

async function listUploads({ client, settings }: Bucket): Promise<MultipartUpload[]> {
  const found: MultipartUpload[] = [];
  let next: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | undefined = {};
  while (next) {
    const query: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({
      Bucket: settings.bucket,
      Prefix: settings.prefix,
      ...next,
    });
    const page = await client.send(query);
    found.push(...(page.Uploads ?? []));
    next = page.IsTruncated
      ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
      : undefined;
  }
  return found;
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}

function fail(bucket: string, error: unknown): never {
  if (error instanceof BackupError) throw error;
  const { name, $metadata } = error as { name?: string; $metadata?: object };
  // An abort is nobody's failure.
  if (name === 'AbortError' || ($metadata === undefined && !isConnectionError(error))) throw error;
  const sentence =
    statusOf(error) === 403
      ? `the bucket ${bucket} refuses these credentials (${name})`
      : `the bucket ${bucket} failed: ${errorMessage(error)}`;
  throw new BackupError('storage_failed', sentence, { cause: error });
}

/** Whatever ends an answer before its end: the connection, a silence, fewer bytes than were announced. */
function failReading(bucket: string, key: string, error: unknown): never {
  const sentence = `the bucket ${bucket} broke off while ${key} was read: ${errorMessage(error)}`;
  throw new BackupError('storage_failed', sentence, { cause: error });
}

const connectionCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'EPIPE',
]);

function isConnectionError(error: unknown): boolean {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return connectionCodes.has(String(code)) || name === 'TimeoutError';
}
