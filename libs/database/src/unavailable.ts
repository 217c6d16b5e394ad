import { types } from 'node:util';

const { isNativeError } = types;
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
]);
/** Class 08 is a broken connection, 57P0x a server that stops or starts, 53300 too many connections, 25006 a standby, 25P03 a transaction that was silent for too long. */
const serverCodes = /^(08...|57P0.|53300|25006|25P03)$/;
const driverMessages =
  /timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|Query read timeout|not queryable/i;

/** Whether an error means that Postgres could not be reached or is not able to answer, as opposed to having refused. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!isNativeError(error)) return false;
  const { code, errors } = error as { code?: unknown; errors?: unknown };
  if (Array.isArray(errors) && errors.some(isDatabaseUnavailable)) return true;
  if (typeof code === 'string' && (networkCodes.has(code) || serverCodes.test(code))) return true;
  return driverMessages.test(error.message);
}
