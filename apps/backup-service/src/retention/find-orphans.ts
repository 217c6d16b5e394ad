import type { StoredObject } from '../storage/backup-storage';
import { manifestFile } from '../storage/backup-folder';

/** A folder of one attempt at a run. */
export interface AttemptFolder {
  location: string;
  runId: string;
  sizeBytes: number;
  hasManifest: boolean;
}

const attempt = /^([a-z0-9_-]+\/\d{8}T\d{6}Z-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.\d+)\//;

/** The folders of attempts among the objects of a storage; what is named otherwise is somebody else's, and not looked at. */
export function listAttemptFolders(objects: readonly StoredObject[]): AttemptFolder[] {
  const folders = new Map<string, AttemptFolder>();
  for (const { key, sizeBytes } of objects) {
    const [, location, runId] = attempt.exec(key) ?? [];
    if (!location || !runId) continue;
    const folder = folders.get(location) ?? { location, runId, sizeBytes: 0, hasManifest: false };
    folder.sizeBytes += sizeBytes;
    folder.hasManifest ||= key === `${location}/${manifestFile}`;
    folders.set(location, folder);
  }
  return [...folders.values()];
}

/**
 * Folders that are no backup (they have no manifest), are not in the catalogue, and belong to no run that is still to
 * make one. A folder with a manifest is a backup, whoever made it, and never an orphan.
 */
export function findOrphans(
  folders: readonly AttemptFolder[],
  known: { catalogued: ReadonlySet<string>; openRuns: ReadonlySet<string> },
): AttemptFolder[] {
  return folders.filter(
    ({ location, runId, hasManifest }) =>
      !hasManifest && !known.catalogued.has(location) && !known.openRuns.has(runId),
  );
}
