/** What a Dockerfile says, as far as the checks ask. */
export interface Dockerfile {
  /** The names of its stages. */
  stages: string[];
  copies: Copy[];
  /** The folders that it makes for the user of the services. */
  folders: string[];
}

/** One COPY: from the context, or from a stage. */
export interface Copy {
  from: string | undefined;
  source: string;
  target: string;
}

export function readDockerfile(text: string): Dockerfile {
  const lines = text.replace(/\\\n/g, ' ').split('\n');
  const copies = lines.flatMap((line) => {
    const [, from, source, target] = /^COPY (?:--from=(\S+) )?(\S+) (\S+)$/.exec(line) ?? [];
    return source && target ? [{ from, source: source.replace(/^\/app\//, ''), target }] : [];
  });
  return {
    stages: lines.flatMap((line) => /^FROM \S+ AS (\S+)$/.exec(line)?.[1] ?? []),
    copies,
    folders: lines.flatMap(
      (line) => /install -d -o node -g node ([^&]+)/.exec(line)?.[1]?.trim().split(/\s+/) ?? [],
    ),
  };
}
