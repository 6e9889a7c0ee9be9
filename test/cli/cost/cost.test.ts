/** The cost of a stage, compared with sums made by hand and with the metrics that the scaler publishes. */
import { describe, expect, it } from 'vitest';
import { costOf, type Cost } from '../../../cli/cost/cost-of.ts';
import { idleMetrics } from '../../../cli/cost/idle-metrics.ts';
import { costJson, costLines, costMarkdown } from '../../../cli/cost/text.ts';
import {
  ALARM_IDS,
  GATEWAY_ALARM_IDS,
  OUTCOME_ALARM_IDS,
  PROBE_ALARM_IDS,
  WARM_POOL_ALARM_IDS,
  WEBHOOK_ALARM_IDS,
} from '../../../contract/alarms.ts';
import { PRICES_AS_OF, PRICES_REGION } from '../../../contract/prices.ts';
import { throughputOf } from '../../../contract/throughput.ts';
import { metricData } from '../../../lambda/scaler/aws/metrics.ts';
import { tick } from '../../../lambda/scaler/tick.ts';
import { type TickMetrics } from '../../../lambda/scaler/ports.ts';
import { resolveStage, type StageConfig } from '../../../lib/stage/stage.ts';
import { UserError } from '../../../common/errors.ts';
import { FakeFleet, FakeMemory } from '../../lambda/scaler/support/fakes.ts';
import { threshold } from '../../lambda/scaler/support/observations.ts';

const stage = (config: StageConfig = {}) => resolveStage('own', config);
const line = ({ idle }: Cost, what: string) => idle.lines.find((one) => one.what === what)?.usd;

describe('the cost of an idle stage', () => {
  it('is the sum of its lines', () => {
    const cost = costOf(stage());
    // 43,200 runs of one tick; twice 43,200 ticks and 43,200 minutes of 14 units.
    expect(line(cost, 'scaler, function')).toBe(0.01);
    expect(line(cost, 'scaler, table')).toBe(1.14);
    expect(line(cost, 'scaler, schedule')).toBe(0.04);
    // 19 series and 43,200 puts.
    expect(line(cost, 'metrics')).toBe(6.13);
    // A stage without a gateway, events, a probe and a warm pool has none of their alarms; four are of other alarms, for 0.5 each.
    const without = [
      ...[...GATEWAY_ALARM_IDS, ...OUTCOME_ALARM_IDS, ...PROBE_ALARM_IDS, ...WEBHOOK_ALARM_IDS],
      ...WARM_POOL_ALARM_IDS,
    ];
    const alarms = ALARM_IDS.length - without.length;
    expect(line(cost, 'alarms')).toBe(Number((alarms * 0.1 + 2).toFixed(2)));
    const fewer = costOf({ ...stage(), burnRateAlarms: false });
    expect(line(fewer, 'alarms')).toBeCloseTo(line(cost, 'alarms')! - 6 * 0.1 - 2 * 0.5, 6);
    const oneGroup = costOf({ ...stage(), onDemandFallback: false });
    expect(line(oneGroup, 'alarms')).toBeCloseTo(line(cost, 'alarms')! - 2 * 0.1 - 0.5, 6);
    expect(line(cost, 'dashboard')).toBe(3);
    const sum = cost.idle.lines.reduce((all, { usd }) => all + usd, 0);
    expect(cost.idle.total).toBeCloseTo(sum, 6);
    expect(line(cost, 'instances, minimum')).toBeUndefined();
  });

  it('includes a key of the account: its month, and what the scaler asks of it', () => {
    expect(line(costOf(stage()), 'key')).toBeUndefined();
    // 8,640 requests at 0.03 per 10,000.
    expect(line(costOf(stage({ encryption: 'kms' })), 'key')).toBe(1.03);
  });

  it('includes a firewall: its web ACL, and each of its rules', () => {
    expect(line(costOf(stage({ access: 'open', cdn: true })), 'firewall')).toBeUndefined();
    const webAclArn = 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/photos/1';
    expect(line(costOf(stage({ access: 'open', cdn: true, webAclArn })), 'firewall')).toBe(5 + 3);
  });

  it('includes minimum instances and a warm pool', () => {
    const cost = costOf(stage({ minCapacity: 2, spotPercentage: 0, warmPoolSize: 3 }));
    // Two of the dearest type, with volume and address, for 720 h.
    expect(line(cost, 'instances, minimum')).toBeCloseTo(2 * 720 * (1.006 + 0.005 + (100 * 0.08) / 720), 2);
    expect(line(cost, 'warm pool')).toBe(24);
    const without = costOf(stage({ minCapacity: 2, spotPercentage: 0 }));
    expect(line(cost, 'alarms')).toBeCloseTo(line(without, 'alarms')! + 0.1, 6);
    const mixed = costOf(stage({ minCapacity: 2, onDemandBaseCapacity: 1 }));
    expect(line(mixed, 'instances, minimum')).toBeCloseTo(720 * (1.5 * 1.006 + 2 * (0.005 + 8 / 720)), 2);
  });

  it('includes a probe: its boots where the fleet sleeps, its series and requests elsewhere', () => {
    const daily = costOf(stage({ probePhoto: 'daily', spotPercentage: 0 }));
    // 30 launches of 70 GiB, each with 120 s of boot and as long until the last instance goes, of the dearest type on demand.
    const hour = 1.006 + 0.005 + (100 * 0.08) / 720;
    expect(line(daily, 'probe, instances')).toBeCloseTo(30 * (70 * 0.0036 + (240 / 3600) * hour), 2);
    expect(line(daily, 'probe')).toBe(0.01);
    const without = line(costOf(stage({ spotPercentage: 0 })), 'alarms')!;
    expect(line(daily, 'alarms')).toBeCloseTo(without + 0.1, 2);
    const hourly = costOf(stage({ probePhoto: 'hourly', minCapacity: 1 }));
    // A series with a value in each hour, and 720 times two runs and some requests.
    expect(line(hourly, 'probe')).toBeCloseTo(0.3 + 0.02, 2);
    expect(line(hourly, 'probe, instances')).toBeUndefined();
    expect(line(costOf(stage()), 'probe')).toBeUndefined();
  });

  it.each<[string, StageConfig, number]>([
    ['that is empty', {}, 19],
    ['with a minimum', { minCapacity: 2 }, 20],
    ['by threshold', { minCapacity: 1, policy: threshold }, 14],
  ])('counts the series that the scaler publishes for a fleet %s', async (_name, config, wanted) => {
    const { policy, minCapacity, maxCapacity } = stage(config);
    const fleet = new FakeFleet();
    fleet.state = {
      ...{ desired: minCapacity, inService: minCapacity, pending: 0, draining: 0 },
      ...{ min: minCapacity, max: maxCapacity },
    };
    const published: TickMetrics[] = [];
    const memory = new FakeMemory();
    let now = 100_000;
    const ports = {
      ...{ fleet, memory },
      counts: { read: async () => ({ visible: 0, inFlight: 0 }) },
      work: {
        read: async (instances: string[]) =>
          instances.map((instance) => ({ instance, completed: 100, busySeconds: 600 })),
      },
      metrics: { publish: async (one: TickMetrics) => void published.push(one) },
    };
    const spending = {
      hourlyPrices: {},
      onDemandBaseCapacity: 0,
      spotPercentage: 0,
      dailyLimit: null,
      brake: false,
    };
    for (let k = 0; k < 60; k++, now += 30) {
      const { errors } = await tick(ports, policy, { owner: 'x', now: () => now, tickSeconds: 30, spending });
      expect(errors).toEqual([]);
    }
    const names = metricData('own', published.at(-1)!).map(({ MetricName }) => MetricName);
    expect([...names].sort()).toEqual([...idleMetrics(stage(config))].sort());
    expect(names).toHaveLength(wanted);
  });
});

describe('the cost of a busy stage', () => {
  it('is given by instance type, on demand and Spot', () => {
    const busy = stage({ minCapacity: 1, maxCapacity: 20, spotPercentage: 70 });
    const { types, perInstanceHour } = costOf(busy, {
      serviceSeconds: 0.6,
    });
    const volumeAndAddress = 0.005 + (100 * 0.08) / 720;
    expect(perInstanceHour).toBe(0.0161);
    const [g4dn] = types;
    expect(types.map(({ type }) => type)).toEqual(['g4dn.xlarge', 'g5.xlarge', 'g6.xlarge']);
    expect(g4dn).toMatchObject({ onDemandHour: 0.526, spotHour: 0.263 });
    // A thousand photos of 0.6 s are a sixth of an hour; requests are a cent.
    expect(g4dn?.photosPerHour).toBe(6000);
    expect(g4dn?.thousandOnDemand).toBeCloseTo((0.526 + volumeAndAddress) / 6 + 0.0138, 3);
    expect(g4dn?.thousandSpot).toBeCloseTo((0.263 + volumeAndAddress) / 6 + 0.0138, 3);
    expect(g4dn?.dayAtMaximum).toBeCloseTo(24 * (6 * 0.526 + 14 * 0.263 + 20 * volumeAndAddress), 2);
  });

  it('is given for a day on demand too, where that is the fallback, with the volumes of stopped instances apart', () => {
    const fallback = costOf(stage({ maxCapacity: 20, warmPoolSize: 5 }));
    const volumeAndAddress = 20 * (0.005 + (100 * 0.08) / 720);
    const [g4dn] = fallback.types;
    expect(g4dn?.dayAtMaximum).toBeCloseTo(24 * (20 * 0.263 + volumeAndAddress), 2);
    expect(g4dn?.dayOnFallback).toBeCloseTo(24 * (20 * 0.526 + volumeAndAddress), 2);
    expect(costLines(fallback).join('\n')).toContain(
      `all on demand: USD ${g4dn?.dayOnFallback?.toFixed(2)} on g4dn`,
    );
    expect(fallback.idle.lines).toContainEqual(expect.objectContaining({ what: 'warm pool', usd: 40 }));
    const alone = costOf(stage({ onDemandFallback: false }));
    expect(alone.types[0]?.dayOnFallback).toBeNull();
    expect(costLines(alone).join('\n')).not.toContain('all on demand');
  });

  it('includes the events of photos where the minimum is 0', () => {
    const [without, withEvents] = [1, 0].map((minCapacity) => costOf(stage({ minCapacity })));
    // Four events at USD 1 a million; a run of 50 ms at a quarter of a GB, its read of four units and its log line.
    const events = 1e3 * (4e-6 + 0.2e-6 + 0.0125 * 0.0000133334 + 4 * 0.125e-6 + 500e-9 * 0.53);
    expect(withEvents!.requestsThousand - without!.requestsThousand).toBeCloseTo(events, 3);
    expect(withEvents!.types[0]!.thousandSpot! - without!.types[0]!.thousandSpot!).toBeCloseTo(events, 3);
  });

  it('depends on the given service time', () => {
    const [slow, fast] = [12, 0.5].map((serviceSeconds) =>
      costOf(stage({ minCapacity: 1 }), { serviceSeconds }),
    ) as [Cost, Cost];
    expect(slow.types[0]?.thousandOnDemand).toBeGreaterThan(
      20 * (fast.types[0]?.thousandOnDemand ?? Infinity),
    );
    expect(fast.serviceSeconds).toBe(0.5);
  });

  it('does not depend on the policy', () => {
    const [of, slo] = [
      costOf(stage({ minCapacity: 1, policy: threshold })),
      costOf(stage({ minCapacity: 1 })),
    ];
    expect(of.types.map((one) => one.thousandOnDemand)).toEqual(slo.types.map((one) => one.thousandOnDemand));
  });

  it('is unknown for a type that the model does not know, until its service time is given', () => {
    const own = stage({ instanceTypes: ['p9.huge'], instancePrices: { 'p9.huge': 10 } });
    const cost = costOf(own);
    expect(cost.types[0]).toMatchObject({
      serviceSeconds: null,
      photosPerHour: null,
      thousandOnDemand: null,
    });
    expect(costLines(cost).join('\n')).toMatch(/unknown[^]*does not know p9\.huge: it has g4dn, g5, g6, g6e/);
    expect(costOf(own, { serviceSeconds: 6 }).types[0]?.thousandOnDemand).toBeGreaterThan(16);
  });

  it('follows the model for the photos that are given', () => {
    const photos = [{ megapixels: 3, share: 3 }, { megapixels: 24 }];
    const cost = costOf(stage(), { photos });
    expect(cost.photos).toEqual([
      { megapixels: 3, kind: 'jpeg-rgb', share: 0.75 },
      { megapixels: 24, kind: 'jpeg-rgb', share: 0.25 },
    ]);
    for (const { type, serviceSeconds, throughput } of cost.types) {
      expect(throughput).toEqual(throughputOf(type, photos));
      expect(serviceSeconds).toBe(throughput?.serviceSeconds);
    }
  });

  it('names the cheapest type of all that have a price, and by how much', () => {
    const dear = { instancePrices: { 'g4dn.2xlarge': 0.001, 'g6e.xlarge': 999 } };
    const { cheapest, types } = costOf(stage(dear), { photos: [{ megapixels: 100 }] });
    expect(cheapest).toMatchObject({ type: 'g4dn.2xlarge', isInStage: false });
    expect(cheapest?.others.at(-1)).toMatchObject({ type: 'g6e.xlarge', isInStage: false });
    const first = cheapest?.others.find(({ type }) => type === 'g4dn.xlarge');
    expect(first?.thousandOnDemand).toBe(types[0]?.thousandOnDemand);
    expect(first?.cheaperPercent).toBeCloseTo(
      100 * (1 - (cheapest?.thousandOnDemand ?? NaN) / (first?.thousandOnDemand ?? NaN)),
      1,
    );
    expect(costOf(stage(), { serviceSeconds: 1 })).toMatchObject({ cheapest: null, basis: [] });
  });

  it.each<[number, RegExp]>([
    // More processors for large photos; none that idle beside a GPU for small ones.
    [
      100,
      /Cheapest for these photos: g\w+\.2xlarge, which the stage does not use, .* less than g4dn\.xlarge/,
    ],
    [1, /Cheapest for these photos: g\w+\.xlarge, USD/],
  ])('of photos of %d megapixels says which type', (megapixels, said) => {
    expect(costLines(costOf(stage(), { photos: [{ megapixels }] })).join('\n')).toMatch(said);
  });

  it('uses the stage’s own prices, and fails for a type without one', () => {
    const own = { instanceTypes: ['p9.huge'], instancePrices: { 'p9.huge': 10 } };
    expect(costOf(stage(own)).types[0]).toMatchObject({ onDemandHour: 10, spotHour: 5 });
    const without = { ...stage(own), instancePrices: {} };
    expect(() => costOf(without)).toThrow(UserError);
    expect(() => costOf(without)).toThrow("stage 'own': p9.huge has no price; give it one in instancePrices");
  });
});

describe('the output', () => {
  const cost = costOf(stage());
  /** Every amount of the object, as it is written. */
  const amounts = [
    ...cost.idle.lines.map(({ usd }) => usd.toFixed(2)),
    cost.idle.total.toFixed(2),
    ...cost.types.flatMap((one) => [
      one.onDemandHour.toFixed(4),
      one.spotHour.toFixed(4),
      one.thousandOnDemand?.toFixed(3) ?? '',
      one.thousandSpot?.toFixed(3) ?? '',
      one.dayAtMaximum.toFixed(2),
    ]),
  ];

  it('has every amount of the object, in its order', () => {
    const cells = (text: string) => text.split(/[\s|*]+/).filter((cell) => /^\d+\.\d+$/.test(cell));
    const inOrder = (text: string) => {
      let at = 0;
      for (const cell of cells(text)) if (cell === amounts[at]) at++;
      return at;
    };
    expect(inOrder(costLines(cost).join('\n'))).toBe(amounts.length);
    expect(inOrder(costMarkdown(cost))).toBe(amounts.length);
  });

  it('names the date and the region of its prices', () => {
    for (const text of [costLines(cost).join('\n'), costMarkdown(cost)]) {
      expect(text).toContain(`List prices of ${PRICES_REGION} in ${PRICES_AS_OF}`);
    }
    expect(costJson(cost)).toMatchObject({ command: 'cost', stage: 'own', pricesAsOf: PRICES_AS_OF });
  });

  it('is Markdown with as many cells in each row of a table', () => {
    const tables = costMarkdown(cost)
      .split('\n\n')
      .filter((block) => block.startsWith('|'));
    expect(tables).toHaveLength(2);
    for (const table of tables) {
      const columns = table.split('\n').map((row) => row.split('|').length);
      expect(new Set(columns).size).toBe(1);
    }
  });
});
