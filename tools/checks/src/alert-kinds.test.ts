import { alertKinds, type AlertKind } from '@swfx/alerts';
import { loadSource } from './load-source';
import { isThere } from './repository';

const { messageTemplates } = loadSource<{
  messageTemplates: Partial<Record<AlertKind, { next?: string; runbook?: string }>>;
}>('apps/alert-dispatcher/src/deliver/message-templates.ts');

/** There is nothing to look up: a deployment, a proof of delivery, and what brings its own link along. */
const withoutRunbook: AlertKind[] = ['service_started', 'service_stopped', 'test', 'external'];

test.each(alertKinds.filter((kind) => !withoutRunbook.includes(kind)))(
  'an alert of the kind %s says what to do first, and leads to a runbook that is there',
  (kind) => {
    const { next, runbook } = messageTemplates[kind] ?? {};
    expect({ next, page: isThere(`docs/runbooks/${runbook}.md`) }).toEqual({
      next: expect.stringMatching(/npx swfx \w+/),
      page: true,
    });
  },
);
