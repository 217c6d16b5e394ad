/**
 * Compares package-lock.json with npm's record of what is installed. Returns why `npm ci` is needed, in a few words,
 * or undefined. Packages for other platforms are in the lock file and rightly not installed; links to the workspace's
 * own projects are checked on the disk (`exists`), because npm's record does not tell whether they are there. Pure.
 */
export function findOutdatedPackage(lock, installed, exists) {
  if (!installed) return 'none are installed yet';
  for (const [path, wanted] of Object.entries(lock.packages)) {
    if (!path.includes('node_modules/')) continue;
    if (wanted.link) {
      if (!exists(path)) return `${path} is missing`;
      continue;
    }
    const found = installed.packages[path];
    if (!found && (wanted.optional || wanted.devOptional || wanted.peer)) continue;
    if (found?.version !== wanted.version) return `${path.replace(/.*node_modules\//, '')} has changed`;
  }
  return undefined;
}
