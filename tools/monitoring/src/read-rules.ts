import { readFileSync, readdirSync } from 'node:fs';
import { parse } from 'yaml';
import { inRepository } from './repository';

/** An alerting rule as it stands in `deploy/prometheus/rules`; `file` is its file there. */
export interface AlertRule {
  alert: string;
  expr: string;
  for?: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  file: string;
}

/** A recording rule: `record` is the name that other expressions read. */
export interface RecordingRule {
  record: string;
  expr: string;
  file: string;
}

export interface Rules {
  alerts: AlertRule[];
  recordings: RecordingRule[];
  /** Paths from the top of the repository, in order. */
  files: string[];
}

const folder = 'deploy/prometheus/rules';

/** Reads every rule of the product. */
export function readRules(): Rules {
  const files = readdirSync(inRepository(folder)).filter((name) => name.endsWith('.yml'));
  const rules: Rules = { alerts: [], recordings: [], files: files.sort().map((name) => `${folder}/${name}`) };
  for (const file of rules.files) {
    const document = parse(readFileSync(inRepository(file), 'utf8')) as RuleFile;
    for (const rule of document.groups.flatMap((group) => group.rules)) {
      if ('alert' in rule) rules.alerts.push({ ...rule, file });
      else rules.recordings.push({ ...rule, file });
    }
  }
  return rules;
}

interface RuleFile {
  groups: { name: string; rules: (Omit<AlertRule, 'file'> | Omit<RecordingRule, 'file'>)[] }[];
}
