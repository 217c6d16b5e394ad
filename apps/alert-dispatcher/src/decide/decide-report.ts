/**
 * What an accepted alert changes. Every alert gets exactly one decision: it opens an incident, says something new of
 * one that is open, repeats it, or helps to end it. Which source ends an incident: a service that watches the trouble
 * itself, whenever one has reported it; otherwise all the rules of Alertmanager that did. So a rule whose window has
 * merely passed does not call a failed backup well, and a backup that succeeded ends what a rule saw first.
 */
import { severities, type Severity } from '@swfx/alerts';
import { policyOf } from './alert-policies';

/** An accepted alert, as far as the decision goes. */
export interface Report {
  id: string;
  key: string;
  status: 'firing' | 'resolved';
  kind: string;
  severity: Severity;
  service: string;
  source: string;
  acceptedAt: Date;
  expiresAt: Date | null;
  /** Its own source has already said something later of the same trouble. */
  overtaken: boolean;
}

/** Trouble, as everybody should know it by now. */
export interface Incident {
  id: string;
  key: string;
  kind: string;
  service: string;
  severity: Severity;
  state: 'firing' | 'resolved' | 'expired';
  revision: number;
  revisedAt: Date;
  sources: Record<string, 'firing' | 'resolved'>;
  reports: number;
  tally: Record<string, number>;
  alertId: string;
  endedBy: string | null;
  openedAt: Date;
  seenAt: Date;
  expiresAt: Date;
  endedAt: Date | null;
}

export interface ReportPolicy {
  /** An incident that goes on is told again by the first report after this time. */
  repeatSeconds: number;
  /** How long an incident holds after its last report, where neither the report nor its kind says. */
  expireSeconds: number;
}

/** `incident`: the new state of the one that the report belongs to. */
export type ReportDecision =
  | { decision: ReportChange; incident: Incident }
  /** Nothing was open that it could end, or its own source has said something later. */
  | { decision: 'not_firing' | 'overtaken'; incident: undefined };

export type ReportChange =
  'opened' | 'worsened' | 'reminded' | 'counted' | 'repeated' | 'resolved' | 'source_resolved';

/** Decides on one report; `open` is the incident with its key that is firing now. `newId` names an incident that it opens. */
export function decideReport(
  report: Report,
  open: Incident | undefined,
  policy: ReportPolicy,
  newId: string,
): ReportDecision {
  if (report.status === 'resolved') return decideResolution(report, open);
  if (report.overtaken) return { decision: 'overtaken', incident: undefined };
  if (!open) return { decision: 'opened', incident: openIncident(report, policy, newId) };
  const seen = seenAgain(report, open, policy);
  if (policyOf(open.kind).ends === 'counted') return { decision: 'counted', incident: revised(seen, report) };
  if (isWorse(report.severity, open.severity))
    return { decision: 'worsened', incident: { ...revised(seen, report), severity: report.severity } };
  const quietMs = report.acceptedAt.getTime() - open.revisedAt.getTime();
  const { repeatSeconds = policy.repeatSeconds } = policyOf(open.kind);
  if (quietMs >= repeatSeconds * 1000) return { decision: 'reminded', incident: revised(seen, report) };
  return { decision: 'repeated', incident: seen };
}

function decideResolution(report: Report, open: Incident | undefined): ReportDecision {
  if (!open) return { decision: 'not_firing', incident: undefined };
  const sources = { ...open.sources, [report.source]: 'resolved' as const };
  if (!isOver(sources)) return { decision: 'source_resolved', incident: { ...open, sources } };
  const ended = { state: 'resolved', endedBy: report.id, endedAt: report.acceptedAt } as const;
  return { decision: 'resolved', incident: { ...open, sources, ...ended } };
}

function isOver(sources: Incident['sources']): boolean {
  const all = Object.entries(sources);
  const services = all.filter(([name]) => name.startsWith('service:'));
  return (services.length > 0 ? services : all).every(([, state]) => state === 'resolved');
}

function openIncident(report: Report, policy: ReportPolicy, id: string): Incident {
  const { key, kind, service, severity, acceptedAt } = report;
  return {
    id,
    key,
    kind,
    service,
    severity,
    state: 'firing',
    revision: 1,
    revisedAt: acceptedAt,
    sources: { [report.source]: 'firing' },
    reports: 1,
    tally: { [tallyOf(report)]: 1 },
    alertId: report.id,
    endedBy: null,
    openedAt: acceptedAt,
    seenAt: acceptedAt,
    expiresAt: expiryOf(report, policy),
    endedAt: null,
  };
}

function seenAgain(report: Report, open: Incident, policy: ReportPolicy): Incident {
  const name = tallyOf(report);
  return {
    ...open,
    sources: { ...open.sources, [report.source]: 'firing' },
    reports: open.reports + 1,
    tally: { ...open.tally, [name]: (open.tally[name] ?? 0) + 1 },
    seenAt: later(open.seenAt, report.acceptedAt),
    expiresAt: later(open.expiresAt, expiryOf(report, policy)),
  };
}

function revised(incident: Incident, report: Report): Incident {
  return {
    ...incident,
    revision: incident.revision + 1,
    revisedAt: report.acceptedAt,
    alertId: report.id,
  };
}

function expiryOf(report: Report, policy: ReportPolicy): Date {
  const seconds = policyOf(report.kind).lastsSeconds ?? policy.expireSeconds;
  // An end that has passed already would end what was accepted just now.
  if (report.expiresAt && report.expiresAt > report.acceptedAt) return report.expiresAt;
  return new Date(report.acceptedAt.getTime() + seconds * 1000);
}

function tallyOf(report: Report): string {
  return `${report.service} ${report.kind}`;
}

function isWorse(severity: Severity, than: Severity): boolean {
  return severities.indexOf(severity) < severities.indexOf(than);
}

function later(a: Date, b: Date): Date {
  return a > b ? a : b;
}
