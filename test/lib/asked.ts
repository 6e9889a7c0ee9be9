/** The metrics of a template's dashboard and alarms. */
import { ofType, type Properties, type StackTemplate } from './template.ts';
import { seriesOf, type Series } from './published.ts';

export interface Asked {
  where: string;
  series: Series;
}

/** The body of the dashboard, with logical ids in place of references. */
export function dashboardOf(template: StackTemplate): { widgets: { properties: Properties }[] } {
  const body = ofType(template, 'AWS::CloudWatch::Dashboard')[0]?.Properties.DashboardBody as
    | { 'Fn::Join': [string, (string | { Ref?: string; 'Fn::GetAtt'?: string[] })[]] }
    | undefined;
  if (!body) throw new Error('there is no dashboard');
  const [, parts] = body['Fn::Join'];
  const text = parts
    .map((part) => (typeof part === 'string' ? part : (part.Ref ?? part['Fn::GetAtt']?.join('.'))))
    .join('');
  return JSON.parse(text) as ReturnType<typeof dashboardOf>;
}

type Line = (string | Properties)[];

/** A line of a widget: `[namespace, name, dimension, value, …, options]`; a dot repeats the value of the line before. */
function seriesOfLine(line: Line, before: Line): Series {
  const search = (line[0] as Properties).expression as string | undefined;
  if (search !== undefined) {
    const [, schema = '', name = '', stage = ''] =
      /^SEARCH\('\{(.*)\} MetricName="(.*)" Stage="(.*)"'/.exec(search) ?? [];
    const [namespace = '', ...dimensions] = schema.split(',');
    return seriesOf(
      namespace,
      name,
      dimensions.map((dimension) => (dimension === 'Stage' ? [dimension, stage] : [dimension])),
    );
  }
  const words = line.filter((part): part is string => typeof part === 'string');
  const full = words.map((word, k) => (word === '.' ? (before[k] as string) : word));
  line.splice(0, words.length, ...full);
  const [namespace = '', name = '', ...rest] = full;
  const pairs = Array.from({ length: rest.length / 2 }, (_, k): [string, string] => [
    rest[2 * k]!,
    rest[2 * k + 1]!,
  ]);
  return seriesOf(namespace, name, pairs);
}

export function askedByDashboard(template: StackTemplate): Asked[] {
  return dashboardOf(template).widgets.flatMap(({ properties: { title, metrics = [] } }) => {
    let before: Line = [];
    // An expression that fills gaps refers to a line of the same widget.
    const lines = (metrics as Line[]).filter(
      ([first]) => !/^FILL\(/.test(String((first as Properties).expression)),
    );
    return lines.map((line) => {
      const series = seriesOfLine(line, before);
      before = line;
      return { where: `panel '${String(title)}'`, series };
    });
  });
}

export const askedByAlarms = (template: StackTemplate): Asked[] =>
  ofType(template, 'AWS::CloudWatch::Alarm').map(
    ({ Properties: { AlarmName, Namespace, MetricName, Dimensions } }) => ({
      where: `alarm '${String(AlarmName)}'`,
      series: seriesOf(
        String(Namespace),
        String(MetricName),
        (Dimensions as { Name: string; Value: unknown }[]).map(({ Name, Value }) => [Name, nameOf(Value)]),
      ),
    }),
  );

function nameOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const { Ref, 'Fn::GetAtt': attribute = [] } = value as { Ref?: string; 'Fn::GetAtt'?: string[] };
  return Ref ?? attribute.join('.');
}
