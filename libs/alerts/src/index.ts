export {
  alertKinds,
  alertLimits,
  alertSchema,
  instantSchema,
  isOfOurTime,
  severities,
  type Alert,
  type AlertDraft,
  type AlertKind,
  type ResolutionDraft,
  type Severity,
  type Watcher,
} from './alert';
export { createAlerts, type Alerts, type AlertsOptions } from './alerts';
export { storeAlert, storeAlerts } from './store-alert';
