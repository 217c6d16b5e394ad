import type { AlertCase } from '../alert-case';

const twin = 'IndicatorsAbsent';
const gateway = 'job="api-gateway",instance="gateway:9101"';
const up = `up{${gateway}}`;
const requests = (status: string, endpoint = '/api/*') =>
  `http_requests_total{${gateway},method="GET",endpoint="${endpoint}",status="${status}"}`;
const under = (le: string) =>
  `http_request_duration_seconds_bucket{${gateway},method="GET",endpoint="/api/*",le="${le}"}`;
const all = `http_request_duration_seconds_count{${gateway},method="GET",endpoint="/api/*"}`;

export const sloCases: AlertCase[] = [
  {
    alert: 'UptimeBudgetBurningFast',
    interval: '2m',
    series: { [up]: '1x60 0x10 1x100' },
    quiet: '120m',
    fires: '130m',
    resolves: '200m',
    description: '16.13% of the time is bad (the gateway does not answer), far above the budget of 0.1 %',
    twin,
    alsoQuiet: [
      {
        name: 'one of two gateways is down',
        series: {
          [up]: '1x60 0x10 1x100',
          'up{job="api-gateway",instance="other:9101"}': '1x200',
        },
        at: '130m',
      },
    ],
  },
  {
    alert: 'UptimeBudgetBurningSlowly',
    interval: '15m',
    series: { [up]: '1x96 0x1 1x60' },
    quiet: '20h',
    fires: '25h',
    resolves: '32h',
    description: '1.98% of the time of three days is bad (the gateway does not answer); the budget is 0.1 %',
    twin,
  },
  {
    alert: 'UptimeCritical',
    interval: '15m',
    series: { [up]: '1x96 0x1 1x140' },
    quiet: '20h',
    fires: '25h',
    resolves: '50h',
    description: 'The gateway answered 97.94% of the last day',
    twin,
  },
  {
    alert: 'ErrorBudgetBurningFast',
    interval: '2m',
    series: { [requests('200')]: '0+120x150', [requests('500')]: '0x30 20+20x9 200x100' },
    quiet: '60m',
    fires: '75m',
    resolves: '180m',
    description:
      '3.743% of the requests are bad (requests are answered with 5xx), far above the budget of 0.1 %',
    twin,
    alsoQuiet: [
      {
        name: 'too few requests to say anything',
        series: { [requests('200')]: '0+2x60', [requests('500')]: '0x30 1x30' },
        at: '70m',
      },
      {
        name: 'only routes of operations fail',
        series: { [requests('200')]: '0+120x60', [requests('503', '/health')]: '0+120x60' },
        at: '110m',
      },
    ],
  },
  {
    alert: 'ErrorBudgetBurningSlowly',
    interval: '15m',
    series: { [requests('200')]: '0+900x140', [requests('500')]: '0x96 200x44' },
    quiet: '20h',
    fires: '25h',
    resolves: '32h',
    description:
      '0.2217% of the requests of three days are bad (requests are answered with 5xx); the budget is 0.1 %',
    twin,
  },
  {
    alert: 'ErrorRateCritical',
    series: { [requests('200')]: '0+60x100', [requests('500')]: '0x30 5+5x9 50x60' },
    quiet: '30m',
    fires: '37m',
    resolves: '50m',
    description: '7.692% of the requests of the last 5 minutes were answered with 5xx',
    twin,
    alsoQuiet: [
      {
        name: 'fewer than twenty requests in five minutes',
        series: { [requests('200')]: '0+1x100', [requests('500')]: '0x30 1+1x70' },
        at: '37m',
      },
      {
        name: 'clients are told that they did something wrong',
        series: { [requests('200')]: '0+60x100', [requests('404')]: '0+60x100' },
        at: '60m',
      },
    ],
  },
  {
    alert: 'LatencyBudgetBurningFast',
    interval: '2m',
    series: {
      [requests('200')]: '0+120x150',
      [all]: '0+120x150',
      [under('0.2')]: '0+120x30 3620+20x39 4520+120x80',
    },
    quiet: '60m',
    fires: '130m',
    resolves: '200m',
    description:
      '83.33% of the requests are bad (requests take longer than 200 ms), far above the budget of 5 %',
    twin,
  },
  {
    alert: 'LatencyBudgetBurningSlowly',
    interval: '15m',
    series: {
      [requests('200')]: '0+900x140',
      [all]: '0+900x140',
      [under('0.2')]: '0+900x96 86700+300x11 90900+900x30',
    },
    quiet: '20h',
    fires: '27h',
    resolves: '34h',
    description:
      '7.407% of the requests of three days are bad (requests take longer than 200 ms); the budget is 5 %',
    twin,
  },
  {
    alert: 'LatencyCritical',
    series: {
      [requests('200')]: '0+60x100',
      [under('0.5')]: '0+60x30 1800x9 1860+60x60',
      [under('1')]: '0+60x100',
      [under('+Inf')]: '0+60x100',
    },
    quiet: '30m',
    fires: '37m',
    resolves: '50m',
    description: 'The 95th percentile of the last 5 minutes is 975ms; above 500 ms is critical',
    twin,
    alsoQuiet: [
      {
        name: 'no requests, and the quantile is NaN',
        series: { [requests('200')]: '9x100', [under('0.5')]: '3x100', [under('+Inf')]: '9x100' },
        at: '60m',
      },
    ],
  },
];
