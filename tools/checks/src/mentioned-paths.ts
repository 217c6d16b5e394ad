import { posix } from 'node:path';
import { codeSpans, localLinks } from './markdown';

/** Made by a build or a run, and therefore in no clone. */
const made = /(^|\/)(dist|node_modules)\/|^(logs|backups|\.swfx)\//;

/**
 * The paths of the repository that a document names: links, and code spans that begin with a name at the top of the
 * repository. A `*` stands for any name, a trailing `/` for a folder.
 */
export function mentionedPaths(document: string, markdown: string, topNames: readonly string[]): string[] {
  const links = localLinks(markdown).map((target) => posix.join(posix.dirname(document), target));
  const spans = codeSpans(markdown).filter((span) => isPath(span) && topNames.includes(firstName(span)));
  return [...new Set([...links, ...spans])].filter((path) => !made.test(path));
}

/** Whether one of the files is at the path, below it, or matches it. */
export function isNamed(path: string, files: readonly string[]): boolean {
  const pattern = path.replace(/\/$/, '').split('*').map(escape).join('[^/]*');
  const regex = new RegExp(`^${pattern}(/|$)`);
  return files.some((file) => regex.test(file));
}

function isPath(span: string): boolean {
  return /^[\w.*@-]+(\/[\w.*@-]+)*\/?$/.test(span) && /[./]/.test(span);
}

function firstName(path: string): string {
  return path.split('/')[0] ?? '';
}

function escape(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
}
