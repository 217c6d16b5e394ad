/** What is audited of users: logins, sessions, rights, and what looks like an attack. */
import { z } from 'zod';
import { failed, type ActionDefinition } from './action-definition';

/** Why a login was refused. */
export const loginFailureReasons = ['unknown_user', 'wrong_password', 'disabled'] as const;
/** Why a refresh token was not exchanged. */
export const refreshFailureReasons = ['unknown', 'expired', 'ended', 'disabled', 'reused'] as const;
/** What a pattern of requests can look like. */
export const suspiciousPatterns = [
  'credential_stuffing',
  'refresh_reuse',
  'signature_failures',
  'unknown_kids',
] as const;

export const identityActions = {
  user_login_success: { operation: 'user_login', fields: {} },
  user_login_failed: { operation: 'user_login', fields: { reason: z.enum(loginFailureReasons), ...failed } },
  user_logged_out: { operation: 'user_logout', fields: { family_id: z.string() } },
  login_locked_out: {
    operation: 'user_login',
    fields: {
      // Whether the account or the address it came from has to wait.
      scope: z.enum(['account', 'address']),
      source: z.string(),
      locked_seconds: z.number().int().positive(),
    },
  },
  token_refresh_success: {
    operation: 'token_refresh',
    // A repeat got the same successor once more.
    fields: { family_id: z.string(), repeat: z.boolean() },
  },
  token_refresh_failed: {
    operation: 'token_refresh',
    fields: {
      reason: z.enum(refreshFailureReasons),
      ...failed,
      family_id: z.string().optional(),
      // Refused tokens are counted, for each source, session and minute; a stolen one is told of by itself.
      source: z.string().optional(),
      count: z.number().int().positive().optional(),
      minute: z.string().optional(),
    },
  },
  user_created: {
    operation: 'user_created',
    fields: { roles: z.array(z.string()), scopes: z.array(z.string()) },
  },
  user_disabled: { operation: 'user_changed', fields: { sessions_ended: z.number().int() } },
  user_enabled: { operation: 'user_changed', fields: {} },
  user_rights_changed: {
    operation: 'user_changed',
    fields: {
      roles: z.array(z.string()),
      scopes: z.array(z.string()),
      previous_roles: z.array(z.string()),
      previous_scopes: z.array(z.string()),
    },
  },
  user_password_changed: { operation: 'user_changed', fields: { sessions_ended: z.number().int() } },
  // Once for each emergency token and gateway.
  break_glass_used: {
    operation: 'break_glass',
    fields: { source: z.string(), scopes: z.array(z.string()), expires_at: z.iso.datetime() },
  },
  suspicious_activity_detected: {
    operation: 'suspicious_activity',
    fields: {
      pattern: z.enum(suspiciousPatterns),
      source: z.string(),
      count: z.number().int().positive(),
      window_seconds: z.number().int(),
    },
  },
  token_refused: {
    operation: 'token_refused',
    fields: {
      reason: z.string(),
      source: z.string(),
      count: z.number().int().positive(),
      minute: z.string(),
    },
  },
} as const satisfies Record<string, ActionDefinition>;
