/**
 * The names that a restore gives to databases. They carry its id, so that two restores never meet, and are made anew
 * from it by whoever takes over; they fit every server, however long the name of the database itself is.
 */
export interface DatabaseNames {
  /** The database as its users know it. */
  live: string;
  /** The new one, before it takes its place; and again after an undo. */
  beside: string;
  /** The old one, after the swap. */
  kept: string;
}

/** The three names of the restore with this id. */
export function databaseNames(id: string, live: string): DatabaseNames {
  const short = id.replaceAll('-', '').slice(0, 12);
  return { live, beside: `swfx_restore_${short}`, kept: `swfx_before_${short}` };
}
