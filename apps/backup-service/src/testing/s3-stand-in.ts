/**
 * A server that speaks as much S3 as the adapter uses, and is as strict as the strictest provider: it checks every
 * signature (SigV4), every payload hash and checksum, refuses small parts and more than 1,000 of them, shows two objects
 * a page, and shows nothing of an upload that is not complete.
 */
import { createHash, createHmac, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export const standInCredentials = { accessKeyId: 'AKIDSTANDIN', secretAccessKey: 'stand-in-secret' };
const pageLength = 2;

/**
 * What a request is to suffer instead of an answer: an HTTP status, no answer at all, a yes with a byte missing or
 * changed, or, where something is read, half of it and then an end, a silence, or a lie about its length.
 */
export type Mischief =
  | number
  | 'reset'
  | 'stall'
  | 'lose'
  | 'flip'
  | 'cut'
  | 'fall silent'
  | 'shorten'
  /** A list that knows nothing of what was written. */
  | 'stale'
  | undefined;

interface Upload {
  key: string;
  begun: Date;
  parts: Map<number, Buffer>;
}

export interface S3StandIn {
  url: string;
  objects: Map<string, Buffer>;
  uploads: Map<string, Upload>;
  /** Each request so far: method, and what it is about. */
  seen: string[];
  /** Decides what goes wrong; `what` is such as `PUT part`. */
  misbehave: (what: string) => Mischief;
  /** Providers differ in whether they know conditional writes. */
  conditional: boolean;
  /** What the provider takes: parts of so many bytes at least, and so many of them. */
  limits: { smallestPart: number; mostParts: number };
  stop(): Promise<void>;
}

interface Asked {
  method: string;
  key: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

export async function startS3StandIn(bucket: string): Promise<S3StandIn> {
  const server = createServer((request, response) => void serve(request, response));
  const state: S3StandIn = {
    url: '',
    objects: new Map(),
    uploads: new Map(),
    seen: [],
    misbehave: () => undefined,
    conditional: true,
    limits: { smallestPart: 5 * 1024 * 1024, mostParts: 1_000 },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request).catch(() => undefined);
    if (!body) return;
    const url = new URL(request.url ?? '/', 'http://stand-in');
    const [, inBucket, ...path] = url.pathname.split('/').map(decodeURIComponent);
    const { method = 'GET', headers } = request;
    const asked = { method, key: path.join('/'), query: url.searchParams, headers, body };
    const what = nameOf(asked);
    state.seen.push(what);
    const mischief = state.misbehave(what);
    if (mischief === 'reset') return void request.socket.destroy();
    if (mischief === 'stall') return;
    if (typeof mischief === 'number')
      return answer(response, refusal(mischief, mischief === 503 ? 'SlowDown' : 'InternalError'));
    if (!isSigned(request, url, body)) return answer(response, refusal(403, 'SignatureDoesNotMatch'));
    if (inBucket !== bucket) return answer(response, refusal(404, 'NoSuchBucket'));
    const seen = mischief === 'stale' ? { ...state, objects: new Map() } : state;
    const given = reply(seen, { ...asked, body: spoil(body, mischief) });
    if (mischief === 'cut' || mischief === 'fall silent' || mischief === 'shorten')
      return answerHalf(response, given, mischief);
    answer(response, given);
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return state;
}

function nameOf({ method, query }: Asked): string {
  if (query.has('partNumber')) return 'PUT part';
  if (query.has('uploads')) return method === 'POST' ? 'POST uploads' : 'GET uploads';
  if (query.has('uploadId')) return method === 'POST' ? 'POST complete' : 'DELETE upload';
  return query.has('list-type') ? 'GET list' : `${method} object`;
}

interface Reply {
  status: number;
  body?: string | Buffer;
  headers?: Record<string, string>;
}

function answer(response: ServerResponse, { status, body = '', headers = {} }: Reply): void {
  response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

function spoil(body: Buffer, mischief: Mischief): Buffer {
  if (mischief === 'lose') return body.subarray(1);
  if (mischief !== 'flip') return body;
  const changed = Buffer.from(body);
  changed.writeUInt8(changed.readUInt8(0) ^ 1, 0);
  return changed;
}

function answerHalf(
  response: ServerResponse,
  { status, body = '', headers = {} }: Reply,
  how: 'cut' | 'fall silent' | 'shorten',
): void {
  const half = Buffer.from(body).subarray(0, Buffer.byteLength(body) / 2);
  const length = how === 'shorten' ? half.length : Buffer.byteLength(body);
  response.writeHead(status, { ...headers, 'content-length': length });
  if (how === 'shorten') return void response.end(half);
  response.write(half, () => how === 'cut' && response.socket?.destroy());
}

const xml = (name: string, content: string): string => `<?xml version="1.0"?><${name}>${content}</${name}>`;
const element = (name: string, value: string | number | boolean): string =>
  `<${name}>${String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')}</${name}>`;
const refusal = (status: number, code: string): Reply => ({
  status,
  body: xml('Error', element('Code', code) + element('Message', code)),
});
const etagOf = (bytes: Buffer): string => `"${createHash('md5').update(bytes).digest('hex')}"`;

function reply(state: S3StandIn, asked: Asked): Reply {
  const { method, key, query, headers, body } = asked;
  const sha256 = headers['x-amz-checksum-sha256'];
  const intact = createHash('sha256').update(body).digest('base64');
  switch (nameOf(asked)) {
    case 'PUT object':
      if (headers['if-none-match'] && !state.conditional) return refusal(501, 'NotImplemented');
      if (headers['if-none-match'] && state.objects.has(key)) return refusal(412, 'PreconditionFailed');
      state.objects.set(key, body);
      return { status: 200, headers: { etag: etagOf(body) } };
    case 'GET list':
      return listObjects(state, query);
    case 'GET uploads':
      return listUploads(state, query);
    case 'POST uploads': {
      const id = randomUUID();
      state.uploads.set(id, { key, begun: new Date(), parts: new Map() });
      return { status: 200, body: xml('InitiateMultipartUploadResult', element('UploadId', id)) };
    }
    case 'PUT part': {
      const upload = state.uploads.get(query.get('uploadId') ?? '');
      if (!upload) return refusal(404, 'NoSuchUpload');
      if (Number(query.get('partNumber')) > state.limits.mostParts) return refusal(400, 'TooManyParts');
      if (!sha256 || sha256 !== intact) return refusal(400, 'BadDigest');
      upload.parts.set(Number(query.get('partNumber')), body);
      return { status: 200, headers: { etag: etagOf(body) } };
    }
    case 'POST complete':
      return complete(state, asked);
    case 'DELETE upload':
      return { status: state.uploads.delete(query.get('uploadId') ?? '') ? 204 : 404 };
  }
  const stored = state.objects.get(key);
  if (method === 'DELETE') return (state.objects.delete(key), { status: 204 });
  if (!stored) return refusal(404, 'NoSuchKey');
  return { status: 200, body: stored, headers: { 'content-length': String(stored.length) } };
}

function complete(state: S3StandIn, { key, query, body }: Asked): Reply {
  const id = query.get('uploadId') ?? '';
  const upload = state.uploads.get(id);
  if (!upload) return refusal(404, 'NoSuchUpload');
  const numbers = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)].map((match) =>
    Number(match[1]),
  );
  const parts = numbers.map((number) => upload.parts.get(number));
  if (parts.some((part) => !part)) return refusal(400, 'InvalidPart');
  if (parts.slice(0, -1).some((part) => (part as Buffer).length < state.limits.smallestPart))
    return refusal(400, 'EntityTooSmall');
  state.objects.set(key, Buffer.concat(parts as Buffer[]));
  state.uploads.delete(id);
  return { status: 200, body: xml('CompleteMultipartUploadResult', element('Key', key)) };
}

function listObjects(state: S3StandIn, query: URLSearchParams): Reply {
  const prefix = query.get('prefix') ?? '';
  const after = query.get('continuation-token') ?? '';
  const keys = [...state.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
  const page = keys.slice(0, pageLength);
  const truncated = keys.length > pageLength;
  const contents = page.map((key) =>
    element('Contents', '').replace(
      '><',
      `>${element('Key', key)}${element('Size', state.objects.get(key)?.length ?? 0)}<`,
    ),
  );
  const next = truncated ? element('NextContinuationToken', page.at(-1) ?? '') : '';
  return {
    status: 200,
    body: xml('ListBucketResult', contents.join('') + element('IsTruncated', truncated) + next),
  };
}

function listUploads(state: S3StandIn, query: URLSearchParams): Reply {
  const all = [...state.uploads].filter(([, { key }]) => key.startsWith(query.get('prefix') ?? ''));
  const after = query.get('upload-id-marker');
  const from = after ? all.findIndex(([id]) => id === after) + 1 : 0;
  const page = all.slice(from, from + 1);
  const uploads = page.map(
    ([id, { key, begun }]) =>
      `<Upload>${element('Key', key)}${element('UploadId', id)}${element('Initiated', begun.toISOString())}</Upload>`,
  );
  const [last] = page;
  const truncated = from + 1 < all.length;
  const markers = last ? element('NextKeyMarker', last[1].key) + element('NextUploadIdMarker', last[0]) : '';
  return {
    status: 200,
    body: xml('ListMultipartUploadsResult', uploads.join('') + element('IsTruncated', truncated) + markers),
  };
}

/** Signature Version 4, as AWS documents it: the canonical request, the string to sign, the derived key. */
function isSigned(request: IncomingMessage, url: URL, body: Buffer): boolean {
  const { headers, method } = request;
  const found = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), SignedHeaders=([^,]+), Signature=(\w+)$/.exec(
    headers.authorization ?? '',
  );
  if (!found) return false;
  const [, id, scope = '', names = '', signature] = found;
  const payload = String(headers['x-amz-content-sha256']);
  if (payload !== 'UNSIGNED-PAYLOAD' && payload !== createHash('sha256').update(body).digest('hex'))
    return false;
  const encode = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const canonical = [
    method,
    url.pathname
      .split('/')
      .map((part) => encode(decodeURIComponent(part)))
      .join('/'),
    [...url.searchParams]
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .sort()
      .join('&'),
    ...names.split(';').map((name) => `${name}:${String(headers[name]).trim()}`),
    '',
    names,
    payload,
  ].join('\n');
  const toSign = [
    'AWS4-HMAC-SHA256',
    headers['x-amz-date'],
    scope,
    createHash('sha256').update(canonical).digest('hex'),
  ].join('\n');
  const secret: Buffer = Buffer.from(`AWS4${standInCredentials.secretAccessKey}`);
  const key = scope.split('/').reduce((by, part) => createHmac('sha256', by).update(part).digest(), secret);
  const expected = createHmac('sha256', key).update(toSign).digest('hex');
  return id === standInCredentials.accessKeyId && signature === expected;
}
