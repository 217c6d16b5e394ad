/**
 * What an undo would do: the old database comes back under its name, and what was written to the new one since the
 * swap is lost with it, unless somebody fetches it from there. The counters of the new database began at nothing when
 * it took its place, so that they tell what that is.
 */
export interface TableWrites {
  table: string;
  inserted: number;
  updated: number;
  deleted: number;
}

export interface UndoFacts {
  keptIsThere: boolean;
  liveIsThere: boolean;
  /** A newer restore has taken the same database's place since. */
  superseded: boolean;
  preparedTransactions: string[];
  writes: TableWrites[];
  sessions: number;
}

export interface UndoPlan {
  decision: 'go' | 'refuse';
  obstacles: string[];
  notes: string[];
  writes: TableWrites[];
}

/** Plans an undo. */
export function planUndo(facts: UndoFacts, names: { live: string; beside: string; kept: string }): UndoPlan {
  const obstacles = [
    ...(facts.keptIsThere ? [] : [`the old database ${names.kept} is not there any more`]),
    ...(facts.liveIsThere ? [] : [`there is no database ${names.live}`]),
    ...(facts.superseded ? ['a newer restore has taken its place; undo that one first'] : []),
    ...(facts.preparedTransactions.length > 0
      ? [`prepared transactions hold it: ${facts.preparedTransactions.join(', ')}; commit or roll them back`]
      : []),
  ];
  const total = facts.writes.reduce(
    (sum, { inserted, updated, deleted }) => sum + inserted + updated + deleted,
    0,
  );
  return {
    decision: obstacles.length === 0 ? 'go' : 'refuse',
    obstacles,
    notes: [
      `${names.live} becomes ${names.beside} and is kept; ${names.kept} becomes ${names.live} again`,
      `${facts.sessions} sessions will be ended`,
      total === 0
        ? 'nothing was written since the swap'
        : `${total} rows written since the swap stay behind, in ${facts.writes.length} tables`,
    ],
    writes: facts.writes,
  };
}
