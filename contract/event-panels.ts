/** Panels of the events of outcomes and of webhooks, which the simulator does not have: only in the dashboard of a stage that sends them. */
import { METRICS } from './names.ts';
import { of, QUEUE_METRICS, withZeros, type Panel, type PanelSeries, type Statistic } from './panels.ts';

const ofQueue = (name: keyof typeof QUEUE_METRICS, statistic: Statistic, label: string): PanelSeries => ({
  ...QUEUE_METRICS[name],
  statistic,
  label,
});

export const EVENT_PANELS: Panel[] = [
  {
    id: 'events',
    title: 'Events of outcomes',
    unit: 'count',
    series: [
      // A message that is done is deleted.
      ofQueue('reportedOutcomes', 'Sum', 'sent'),
      ofQueue('waitingOutcomes', 'Maximum', 'waiting'),
      ofQueue('outcomeDeadLetters', 'Maximum', 'dead letters'),
      withZeros(of(METRICS.lostEvents, 'Sum', 'lost, and sent by the sweep')),
    ],
  },
  {
    id: 'webhooks',
    title: 'Deliveries of webhooks',
    unit: 'count',
    series: [
      withZeros(of(METRICS.delivered, 'Sum', 'accepted')),
      withZeros(of(METRICS.failedAttempts, 'Sum', 'failed attempts')),
      of(METRICS.waiting, 'Maximum', 'waiting'),
      ofQueue('webhookDeadLetters', 'Maximum', 'dead letters'),
    ],
  },
  {
    id: 'event-age',
    title: 'Oldest event and oldest delivery that wait, seconds',
    unit: 'seconds',
    series: [ofQueue('oldestOutcome', 'Maximum', 'event'), of(METRICS.oldestDelivery, 'Maximum', 'delivery')],
  },
];
