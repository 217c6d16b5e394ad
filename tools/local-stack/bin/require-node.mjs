// Old syntax on purpose: this file has to be understood by the Node that it turns away.
const needed = [20, 19];

/** Whether this Node is new enough; if not, says so in one sentence and sets the exit code. */
export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > needed[0] || (major === needed[0] && minor >= needed[1])) return true;
  console.error(`Node ${needed.join('.')} or newer is needed, and this is ${process.versions.node}.`);
  process.exitCode = 1;
  return false;
}
