import { parse } from 'yaml';

export interface ComposeService {
  image: string;
  profiles?: string[];
  build?: { context: string; dockerfile: string; target: string };
  command?: string[];
  entrypoint?: string[];
  environment?: Record<string, string | number | boolean>;
  secrets?: (string | { source: string })[];
  volumes?: string[];
  ports?: string[];
  networks?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: object;
}

export interface ComposeDocument {
  services: Record<string, ComposeService>;
  networks: Record<string, object>;
  volumes: Record<string, object>;
  secrets: Record<string, { file: string }>;
}

/** Reads a compose file as Compose does: merge keys, and `${NAME:-default}`, `${NAME:+if set}` and `${NAME:?message}`. */
export function readCompose(text: string, environment: Record<string, string>): ComposeDocument {
  return parse(interpolate(text, environment), { merge: true }) as ComposeDocument;
}

function interpolate(text: string, environment: Record<string, string>): string {
  return text.replace(/\$\{(\w+):([-+?])([^}]*)\}/g, (_, name: string, kind: string, rest: string) => {
    const value = environment[name];
    if (!value && kind === '?') throw new Error(`${name} must be set: ${rest}`);
    if (kind === '+') return value ? rest : '';
    return value || rest;
  });
}

/** The environment of a service as text, as the container sees it. */
export function environmentOf({ environment = {} }: ComposeService): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, String(value ?? '')]));
}

/** The folders and files of the repository that a service sees, by the path at which it does. */
export function mountsOf({ volumes = [] }: ComposeService): Record<string, string> {
  const mounts = volumes
    .map((volume) => volume.split(':'))
    .filter(([source = '']) => source.startsWith('./'));
  return Object.fromEntries(mounts.map(([source = '', target = '']) => [target, source.slice('./'.length)]));
}

/** The names of the secrets that a service is given. */
export function secretsOf({ secrets = [] }: ComposeService): string[] {
  return secrets.map((secret) => (typeof secret === 'string' ? secret : secret.source));
}
