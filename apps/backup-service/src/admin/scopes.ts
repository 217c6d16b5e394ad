/** What a token must allow: to look, to take and prove and end backups, to restore and undo. */
export const scopes = {
  read: 'backups:read',
  write: 'backups:write',
  restore: 'backups:restore',
} as const;
