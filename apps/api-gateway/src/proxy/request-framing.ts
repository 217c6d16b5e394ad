import type { IncomingMessage } from 'node:http';
import { AppError } from '@swfx/errors';

/**
 * What of a request's head leaves in doubt where it goes or how long it is; the next server could read it otherwise.
 * Node's parser has refused the coarser kinds before (RFC 9112 §6.3: a length beside chunks, a coding after chunked).
 */
export function framingProblem(request: IncomingMessage): AppError | undefined {
  if (namesOf(request, 'host').length > 1)
    return new AppError('invalid_request', 'there is more than one Host header');
  if (namesOf(request, 'transfer-encoding').length === 0) return undefined;
  if (request.httpVersion !== '1.1')
    return new AppError('invalid_request', `HTTP/${request.httpVersion} has no Transfer-Encoding`);
  // The body would be forwarded still coded, with nothing that says so: 501 is due (RFC 9112 §6.1).
  const unknown = codingsOf(request).find((coding) => coding !== 'chunked');
  if (unknown === undefined) return undefined;
  return new AppError('unsupported_transfer_coding', `the transfer coding ${unknown} is not understood`);
}

function namesOf(request: IncomingMessage, wanted: string): string[] {
  return request.rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === wanted);
}

/** In lower case; empty members of the list count for nothing (RFC 9110 §5.6.1). */
function codingsOf(request: IncomingMessage): string[] {
  const list = (request.headers['transfer-encoding'] ?? '').split(',');
  return list.map((coding) => coding.trim().toLowerCase()).filter(Boolean);
}
