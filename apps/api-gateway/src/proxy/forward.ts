/**
 * Hands one request to its upstream and the answer back, streaming both ways: whoever reads slowly slows the other
 * side down, and nothing is held but what is in flight. A client that leaves ends the work upstream. An upstream
 * that fails before its answer began is a 502 or 504; one that fails in the middle of it ends the client's
 * connection, so that half an answer is never taken for a whole one. Nothing is sent twice.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '@swfx/errors';
import type { Dispatcher, Pool } from 'undici';
import { answerProblem } from './answer-problem';
import { bodyProblem, discardBody, hasBody, limitedBody } from './request-body';
import { headersForClient } from './response-headers';
import { upstreamProblem, upstreamTimeout } from './upstream-problem';

export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  pool: Pool;
  /** Path and query, as they are to be sent. */
  target: string;
  /** Raw pairs. */
  headers: string[];
  bodyMaxBytes: number;
  /** From now to the last byte of the answer. */
  deadlineMs: number;
  /** Told why an exchange failed; the client learns less. */
  onFailure: (problem: AppError) => void;
}

const cancelled = new Error('nobody waits for this answer any more');

/** Starts the exchange; it ends with the response. */
export function forward(exchange: Exchange): void {
  const { request, response } = exchange;
  let controller: Dispatcher.DispatchController | undefined;
  let settled = false;

  function settle(): boolean {
    if (settled) return false;
    settled = true;
    controller?.abort(cancelled);
    return true;
  }
  function fail(problem: AppError): void {
    if (!settle()) return;
    // An answer that is whole and only not yet read is nobody's failure but the reader's.
    if (!response.writableEnded) exchange.onFailure(problem);
    if (response.headersSent) return void response.destroy();
    // An answer that could not be begun may have left some of its headers.
    for (const name of response.getHeaderNames()) if (name !== 'x-request-id') response.removeHeader(name);
    answerProblem(response, problem);
    discardBody(request);
  }
  const deadline = setTimeout(() => fail(deadlineProblem(request)), exchange.deadlineMs);
  response.once('close', () => {
    clearTimeout(deadline);
    settle();
  });

  const tooLarge = bodyProblem(request, exchange.bodyMaxBytes);
  if (tooLarge) return fail(tooLarge);
  const options = {
    method: request.method as Dispatcher.HttpMethod,
    path: exchange.target,
    headers: exchange.headers,
    body: hasBody(request) ? limitedBody(request, exchange.bodyMaxBytes) : null,
  };
  exchange.pool.dispatch(options, {
    onRequestStart(started) {
      controller = started;
      // The client may have left, or the deadline passed, while the request waited for a connection.
      if (settled) started.abort(cancelled);
    },
    onResponseStart: (started, status) => beginAnswer(response, status, started.rawHeaders),
    onResponseData: (started, chunk) => pass(chunk, response, started),
    onResponseEnd() {
      response.end();
      discardBody(request);
    },
    onResponseError: (_started, error) => fail(upstreamProblem(error)),
  });
}

/** Interim answers (1xx) are not passed on: Node can send no other than its own. */
function beginAnswer(response: ServerResponse, status: number, rawHeaders: unknown): void {
  if (status < 200) return;
  const pairs = (rawHeaders as Buffer[]).map((bytes) => bytes.toString('latin1'));
  const headers = headersForClient(status, pairs);
  // Not by writeHead(): beside headers that are set already, it keeps only the last of several with one name.
  for (let at = 0; at < headers.length; at += 2)
    response.appendHeader(headers[at] as string, headers[at + 1] as string);
  response.writeHead(status);
}

function pass(chunk: Buffer, response: ServerResponse, upstream: Dispatcher.DispatchController): void {
  if (response.write(chunk)) return;
  upstream.pause();
  response.once('drain', () => upstream.resume());
}

/** A request that has not arrived whole is late by its client's doing, not by the upstream's. */
function deadlineProblem(request: IncomingMessage): AppError {
  if (request.complete) return upstreamTimeout();
  return new AppError('request_timeout', 'the request did not arrive in time');
}
