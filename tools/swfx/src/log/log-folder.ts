import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { interleave, joinContinuations, parseLogLine, type LogLine } from './log-line';
import { openLogReader, type LogReader } from './log-reader';

/** The logs of all services as one stream of lines, interleaved by time. */
export interface LogFolder {
  /** The lines since the last call, of files that have appeared since too. */
  read(): LogLine[];
  /** Lines that their writers have not ended yet. */
  unfinished(): LogLine[];
  close(): void;
}

interface OpenFile {
  service: string;
  lastAt: number;
  reader: LogReader;
}

/** The names of the services, and of other programs, that have a log of their own in a folder. */
export function loggedServices(folder: string): string[] {
  return [...new Set(logFiles(folder).map(serviceOf))].filter((name) => name !== 'audit');
}

/** Opens every `*.log` of a folder. */
export function openLogFolder(folder: string): LogFolder {
  const open = new Map<string, OpenFile>();

  function files(): OpenFile[] {
    for (const name of logFiles(folder)) {
      if (open.has(name)) continue;
      open.set(name, {
        service: serviceOf(name),
        lastAt: 0,
        reader: openLogReader(join(folder, name)),
      });
    }
    return [...open.values()];
  }

  return {
    read: () => interleave(files().map((file) => parseAll(file, file.reader.read()))),
    unfinished: () => interleave([...open.values()].map((file) => parseAll(file, file.reader.unfinished()))),
    close: () => open.forEach((file) => file.reader.close()),
  };
}

function parseAll(file: OpenFile, lines: readonly string[]): LogLine[] {
  return joinContinuations(lines).map((raw) => {
    const line = parseLogLine(raw, file);
    file.lastAt = line.at;
    return line;
  });
}

/** A service has `<service>.log` and `<service>.access.log`; the audit log is one for all. */
function serviceOf(file: string): string {
  return basename(basename(file, '.log'), '.access');
}

function logFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .sort();
}
