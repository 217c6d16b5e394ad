/** What an error means to the person or program that receives it; decides the HTTP status. */
export type ErrorKind =
  | 'invalid-input'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'too-many-requests'
  | 'unavailable'
  | 'failed';

export interface ErrorEntry {
  kind: ErrorKind;
  /** What happened, in a few words that stay the same from one occurrence to the next. */
  title: string;
  /** What the reader can do about it. */
  remedy: string;
}

/**
 * Every error code that a service answers with, logs or records. `docs/errors.md` lists the same codes,
 * and a test compares the two both ways; a code once published keeps its meaning.
 */
export const errorCatalogue = {
  invalid_configuration: {
    kind: 'failed',
    title: 'The configuration is not usable',
    remedy: 'Correct the variables that the message names; docs/configuration.md describes each.',
  },
  invalid_request: {
    kind: 'invalid-input',
    title: 'The request is malformed',
    remedy: 'Correct the field that the detail names and send the request again.',
  },
  unsupported_transfer_coding: {
    kind: 'invalid-input',
    title: 'The request body is coded in a way that is not understood here',
    remedy: 'Send the body in chunks or with its length, and compress with Content-Encoding if at all.',
  },
  payload_too_large: {
    kind: 'invalid-input',
    title: 'The request body is too large',
    remedy: 'Send a smaller body.',
  },
  not_found: {
    kind: 'not-found',
    title: 'There is nothing at this address',
    remedy: 'Check the path and the method.',
  },
  internal_error: {
    kind: 'failed',
    title: 'The service failed to answer',
    remedy: 'Try again; if it persists, give the operators the request id.',
  },
  database_unavailable: {
    kind: 'unavailable',
    title: 'The ops database does not answer',
    remedy: 'Try again shortly; operators: check Postgres and DATABASE_URL.',
  },
  redis_unavailable: {
    kind: 'unavailable',
    title: 'Redis does not answer',
    remedy: 'Try again shortly; operators: check Redis and REDIS_URL.',
  },
  invalid_audit_event: {
    kind: 'failed',
    title: 'An audit event does not fit its schema',
    remedy: 'This is a defect of the service that wrote it; report it with the message.',
  },
  spool_full: {
    kind: 'unavailable',
    title: 'The local spool has reached its limit',
    remedy: 'Restore Postgres and the alert dispatcher so that the spool can drain.',
  },
  intake_token_refused: {
    kind: 'unauthenticated',
    title: 'The alert intake does not know the caller',
    remedy: 'Send `Authorization: Bearer …` with the value of ALERT_INTAKE_TOKEN.',
  },
  port_unavailable: {
    kind: 'failed',
    title: 'The port cannot be listened on',
    remedy: 'Stop what holds the port, or configure another one.',
  },
  key_set_missing: {
    kind: 'failed',
    title: 'The ops database has no key set',
    remedy: 'Its row is made by a migration: run `swfx db migrate`, or restore the ops database.',
  },
  key_encryption_key_missing: {
    kind: 'failed',
    title: 'A stored signing key was sealed with a key that is not in the ring',
    remedy:
      'Put the key of that id back into KEY_ENCRYPTION_KEYS; it may leave once nothing is sealed with it.',
  },
  sealed_key_corrupt: {
    kind: 'failed',
    title: 'A stored signing key does not open',
    remedy: 'Compare the keys in KEY_ENCRYPTION_KEYS with those that were in use: an id must keep its key.',
  },
  rotation_failure_simulated: {
    kind: 'failed',
    title: 'An operator asked this rotation to fail',
    remedy:
      'Nothing: it was a trial of the alert (`swfx keys rotate --simulate-failure`), and no key was touched.',
  },
  key_set_refused: {
    kind: 'failed',
    title: 'The key set cannot be rotated from the state in which it is',
    remedy:
      'Look at `swfx keys list` and the audit trail: somebody changed rows by hand, or restored old ones.',
  },
  key_set_forged: {
    kind: 'failed',
    title: 'The key set in the ops database was not signed by whom we trust',
    remedy:
      'Somebody changed its rows by hand, or KEY_ENCRYPTION_KEYS lacks the key that signed it. Verifiers keep the last good set; see docs/auth_key_rotation.md.',
  },
  token_missing: {
    kind: 'unauthenticated',
    title: 'This address needs an access token',
    remedy: 'Log in at /auth/login and send the token as "Authorization: Bearer …".',
  },
  invalid_token: {
    kind: 'unauthenticated',
    title: 'The access token is not valid',
    remedy: 'Log in again; access tokens are short-lived.',
  },
  insufficient_scope: {
    kind: 'forbidden',
    title: 'The access token does not allow this',
    remedy: 'Ask an operator for the scope that the answer names.',
  },
  invalid_credentials: {
    kind: 'unauthenticated',
    title: 'The e-mail address or the password is wrong',
    remedy: 'Check both; an operator can list users with "swfx users list".',
  },
  too_many_attempts: {
    kind: 'too-many-requests',
    title: 'There were too many attempts to log in',
    remedy: 'Wait for the seconds that Retry-After names; what is tried until then is not looked at.',
  },
  invalid_grant: {
    kind: 'invalid-input',
    title: 'The refresh token is not valid',
    remedy: 'Log in again at /auth/login.',
  },
  user_exists: {
    kind: 'conflict',
    title: 'There is such a user already',
    remedy: 'Change the user who is there, or choose another address.',
  },
  last_administrator: {
    kind: 'conflict',
    title: 'This is the last administrator',
    remedy: 'Make another administrator first; an operator can do without: "swfx users disable".',
  },
  too_many_requests: {
    kind: 'too-many-requests',
    title: 'There were too many requests',
    remedy: 'Wait for the seconds that Retry-After names, and ask less often.',
  },
  backup_not_in_state: {
    kind: 'conflict',
    title: 'The backup or restore is not in the state for this',
    remedy: 'Look at its state; the detail says which it is.',
  },
  restore_refused: {
    kind: 'conflict',
    title: 'The restore cannot be made',
    remedy: 'Remove the obstacles that the plan names, or accept those by name that may be accepted.',
  },
  restore_not_approved: {
    kind: 'conflict',
    title: 'The restore was not approved',
    remedy: 'The reason says why; ask for a plan anew and approve that one with its code.',
  },
  keys_unavailable: {
    kind: 'unavailable',
    title: 'The signing keys cannot be read at the moment',
    remedy: 'Try again shortly; operators: check Postgres, and that key-rotation-service has made a key.',
  },
  overloaded: {
    kind: 'unavailable',
    title: 'The service has more of this work than it can take',
    remedy: 'Try again after the seconds that Retry-After names.',
  },
  request_timeout: {
    kind: 'invalid-input',
    title: 'The request did not arrive in time',
    remedy: 'Send the request again, over a faster connection or in smaller parts.',
  },
  upstream_unavailable: {
    kind: 'unavailable',
    title: 'The service behind the gateway gave no usable answer',
    remedy: 'Try again shortly; operators: check the upstream of the route in ROUTES.',
  },
  upstream_timeout: {
    kind: 'unavailable',
    title: 'The service behind the gateway did not answer in time',
    remedy: 'Try again shortly; operators: check the upstream, and REQUEST_DEADLINE_SECONDS.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorCatalogue;
