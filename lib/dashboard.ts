/** The dashboard: the panels of `contract/panels.ts` as CloudWatch widgets, with the state of the alarms. */
import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { EVENT_PANELS } from '../contract/event-panels.ts';
import { METRIC_NAMESPACE, SERVICE, STAGE_DIMENSION } from '../contract/names.ts';
import { LIMIT_LABELS, PANELS, type Panel, type PanelSeries } from '../contract/panels.ts';
import type { StageMetrics } from './stage-metrics.ts';

const COLUMNS = 24;
const HEIGHT = 6;

export interface DashboardProps {
  readonly stageName: string;
  readonly metrics: StageMetrics;
  /** Alarms whose state is shown. */
  readonly alarms: cloudwatch.IAlarm[];
  /** Wait that 95 % of the photos should not exceed, seconds: a line beside the measured waits. @default no line */
  readonly p95WaitSeconds?: number | undefined;
}

export class Dashboard extends Construct {
  readonly name: string;

  constructor(scope: Construct, id: string, { stageName, metrics, alarms, ...limits }: DashboardProps) {
    super(scope, id);
    // Dashboards are global to the account: a stage can be in two regions.
    this.name = `${SERVICE}-${stageName}-${Stack.of(this).region}`;
    const [first = [], ...rest] = [...PANELS, EVENT_PANELS].map((row) => {
      const there = row.filter(({ series }) => series.some((one) => metrics.has(one)));
      return there.map((panel) =>
        widget(panel, Math.floor(COLUMNS / there.length), stageName, metrics, limits),
      );
    });
    const status = new cloudwatch.AlarmStatusWidget({ title: 'Alarms', alarms, width: COLUMNS, height: 3 });
    new cloudwatch.Dashboard(this, 'Resource', {
      dashboardName: this.name,
      // The first row answers an operator's first questions.
      widgets: [first, [status], ...rest],
    });
  }
}

function widget(
  panel: Panel,
  width: number,
  stageName: string,
  metrics: StageMetrics,
  limits: Pick<DashboardProps, 'p95WaitSeconds'>,
): cloudwatch.IWidget {
  const { title, series, stacked = false } = panel;
  const limit = panel.limit && limits[panel.limit];
  const lines = series
    .filter((one) => metrics.has(one))
    .map((one, k) => (one.gapsAreZero ? filled(one, `m${k}`, metrics) : line(one, stageName, metrics)));
  if (panel.figures) {
    return new cloudwatch.SingleValueWidget({
      title,
      metrics: lines,
      width,
      height: HEIGHT,
      sparkline: true,
    });
  }
  return new cloudwatch.GraphWidget({
    title,
    left: lines,
    stacked,
    ...(limit === undefined
      ? {}
      : {
          leftAnnotations: [
            { value: limit, label: LIMIT_LABELS.p95WaitSeconds, color: cloudwatch.Color.RED },
          ],
        }),
    width,
    height: HEIGHT,
    leftYAxis: { min: 0, label: panel.unit, showUnits: false },
  });
}

const filled = (series: PanelSeries, id: string, metrics: StageMetrics): cloudwatch.IMetric =>
  new cloudwatch.MathExpression({
    expression: `FILL(${id}, 0)`,
    usingMetrics: { [id]: metrics.of({ ...series, label: undefined }) },
    label: series.label,
    period: Duration.minutes(1),
  });

/** A search where the series are not known beforehand. */
const line = (series: PanelSeries, stageName: string, metrics: StageMetrics): cloudwatch.IMetric =>
  series.each === undefined
    ? metrics.of(series)
    : new cloudwatch.SearchExpression({
        expression: searchOf(series, stageName),
        label: '',
        period: Duration.minutes(1),
      });

function searchOf({ metric, each = [], statistic }: PanelSeries, stageName: string): string {
  const dimensions = [METRIC_NAMESPACE, STAGE_DIMENSION, ...each].join(',');
  return `SEARCH('{${dimensions}} MetricName="${metric}" ${STAGE_DIMENSION}="${stageName}"', '${statistic}')`;
}
