/** What an idle stage costs, line by line. */
import {
  ALARM_IDS,
  COMPOSITE_IDS,
  FALLBACK_ALARM_IDS,
  WARM_POOL_ALARM_IDS,
  GATEWAY_ALARM_IDS,
  OUTCOME_ALARM_IDS,
  PROBE_ALARM_IDS,
  WEBHOOK_ALARM_IDS,
} from '../../contract/alarms.ts';
import { BURN_ALARM_IDS, BURN_IDS } from '../../contract/burn-rates.ts';
import { FIREWALL_RULES } from '../../contract/edge.ts';
import { ROOT_VOLUME_GIB } from '../../contract/image.ts';
import { UNIT_PRICES, sharesOf } from '../../contract/prices.ts';
import { HANDOVER_SECONDS, PERIOD_SECONDS, pollTimes, tickTimes } from '../../lambda/scaler/run.ts';
import type { Stage } from '../../lib/stage/stage.ts';
import { count, number } from '../shared/format.ts';
import { idleMetrics } from './idle-metrics.ts';
import { hourAtMost } from './instances.ts';
import { cents, HOURS_A_MONTH, MINUTES_A_MONTH, SCALER, type CostLine } from './measured.ts';
import { probeLines } from './probe.ts';

const grouped = (n: number) => Math.round(n).toLocaleString('en-US');

/** Ticks, polls and seconds of a run of the scaler. While the fleet sleeps it has one tick and polls nothing. */
function runOf({ minCapacity, tickSeconds, policy }: Stage) {
  const times = minCapacity === 0 ? [0] : tickTimes(0, 0, tickSeconds);
  const isPolled = minCapacity > 0 && policy.kind !== 'threshold';
  const until = PERIOD_SECONDS - HANDOVER_SECONDS;
  const polls = isPolled ? times.flatMap((at, k) => pollTimes(at, times[k + 1] ?? until)) : [];
  const seconds = Math.max(times.at(-1) ?? 0, polls.at(-1) ?? 0) + SCALER.tickMs / 1000;
  return { ticks: times.length, polls: polls.length, seconds };
}

/** @param imageGib of the image's snapshot */
export function idleLines(stage: Stage, imageGib: number): CostLine[] {
  const runs = MINUTES_A_MONTH;
  const { ticks, polls, seconds } = runOf(stage);
  return [
    ...scalerLines(seconds, runs, runs * ticks, runs * polls),
    ...monitoringLines(stage, runs * ticks),
    ...probeLines(stage, imageGib),
    line(
      'image',
      `${imageGib} GiB of snapshot x ${UNIT_PRICES.snapshotGibibyteMonth}`,
      imageGib * UNIT_PRICES.snapshotGibibyteMonth,
    ),
    ...keyLines(stage),
    ...firewallLines(stage),
    ...fleetLines(stage),
  ];
}

const line = (what: string, arithmetic: string, usd: number): CostLine => ({
  what,
  arithmetic,
  usd: cents(usd),
});

/** @param seconds of each run */
function scalerLines(seconds: number, runs: number, ticks: number, polls: number): CostLine[] {
  const gigabyteSeconds = runs * seconds * SCALER.memoryGb;
  const writes = (SCALER.writesPerTick * ticks + runs) * SCALER.itemKib;
  const logGigabytes = (ticks * SCALER.logBytesPerTick + runs * SCALER.logBytesPerRun) / 1e9;
  return [
    line(
      'scaler, function',
      `${grouped(runs)} runs of ${number(seconds, 3)} s x ${SCALER.memoryGb} GB x ${UNIT_PRICES.lambdaGigabyteSecond}, and ${number(UNIT_PRICES.lambdaInvocation * 1e6)} a million runs`,
      gigabyteSeconds * UNIT_PRICES.lambdaGigabyteSecond + runs * UNIT_PRICES.lambdaInvocation,
    ),
    line(
      'scaler, schedule',
      `${grouped(runs)} runs x ${number(UNIT_PRICES.scheduleInvocation * 1e6)} a million`,
      runs * UNIT_PRICES.scheduleInvocation,
    ),
    line(
      'scaler, table',
      `(${SCALER.writesPerTick} x ${grouped(ticks)} ticks + ${grouped(runs)} runs) x ${SCALER.itemKib} KiB x ${number(UNIT_PRICES.tableWriteUnit * 1e6, 3)} a million, and reads`,
      writes * UNIT_PRICES.tableWriteUnit + ticks * UNIT_PRICES.tableReadUnit,
    ),
    line(
      'scaler, queue',
      `3 x ${grouped(ticks)} ticks${polls > 0 ? ` and 2 x ${grouped(polls)} polls` : ''} x ${number(UNIT_PRICES.queueRequest * 1e6)} a million`,
      // A tick reads the counts of all queues, a poll those of the interactive lane.
      (3 * ticks + 2 * polls) * UNIT_PRICES.queueRequest,
    ),
    line(
      'scaler, logs',
      `${number(logGigabytes, 3)} GB x ${UNIT_PRICES.logGigabyte} to ingest, ${UNIT_PRICES.logGigabyteMonth} to keep a month`,
      logGigabytes * (UNIT_PRICES.logGigabyte + UNIT_PRICES.logGigabyteMonth),
    ),
  ];
}

function monitoringLines(stage: Stage, ticks: number): CostLine[] {
  const series = idleMetrics(stage).length;
  const without = [
    ...(stage.access === 'none' ? GATEWAY_ALARM_IDS : []),
    ...(stage.webhooks ? [] : WEBHOOK_ALARM_IDS),
    ...(stage.outcomeEvents ? [] : OUTCOME_ALARM_IDS),
    ...(stage.probePhoto === 'off' ? PROBE_ALARM_IDS : []),
    ...(stage.burnRateAlarms ? [] : BURN_ALARM_IDS),
    ...(stage.onDemandFallback ? [] : FALLBACK_ALARM_IDS),
    ...(stage.warmPoolSize > 0 ? [] : WARM_POOL_ALARM_IDS),
  ];
  const alarms = ALARM_IDS.length - without.length;
  const composites =
    COMPOSITE_IDS.length - (stage.burnRateAlarms ? 0 : BURN_IDS.length) - (stage.onDemandFallback ? 0 : 1);
  return [
    line(
      'metrics',
      `${series} series of the scaler (of Decisions the one reason when idle) x ${UNIT_PRICES.metricMonth}, and ${grouped(ticks)} puts x ${UNIT_PRICES.metricPut * 1000} a thousand`,
      series * UNIT_PRICES.metricMonth + ticks * UNIT_PRICES.metricPut,
    ),
    line(
      'alarms',
      `${count(alarms, 'alarm')} x ${number(UNIT_PRICES.alarmMonth)}, and ${composites} of other alarms x ${number(UNIT_PRICES.compositeAlarmMonth)}`,
      alarms * UNIT_PRICES.alarmMonth + composites * UNIT_PRICES.compositeAlarmMonth,
    ),
    line('dashboard', `1 x ${UNIT_PRICES.dashboardMonth}`, UNIT_PRICES.dashboardMonth),
  ];
}

/** DynamoDB asks again for the table's key after so long, and the scaler uses its table each minute. */
const KEY_CACHE_MINUTES = 5;

function keyLines({ encryption }: Stage): CostLine[] {
  if (encryption === 'aws') return [];
  const requests = MINUTES_A_MONTH / KEY_CACHE_MINUTES;
  return [
    line(
      'key',
      `1 x ${UNIT_PRICES.keyMonth}, and ${grouped(requests)} requests of the scaler's table x ${number(UNIT_PRICES.keyRequest * 1e4)} per 10,000`,
      UNIT_PRICES.keyMonth + requests * UNIT_PRICES.keyRequest,
    ),
  ];
}

function firewallLines({ webAclArn }: Stage): CostLine[] {
  if (webAclArn === '') return [];
  const rules = FIREWALL_RULES.length;
  return [
    line(
      'firewall',
      `${UNIT_PRICES.webAclMonth}, and ${rules} rules x ${UNIT_PRICES.webAclRuleMonth}, as bin/firewall.ts makes it`,
      UNIT_PRICES.webAclMonth + rules * UNIT_PRICES.webAclRuleMonth,
    ),
  ];
}

function fleetLines(stage: Stage): CostLine[] {
  const { minCapacity, warmPoolSize } = stage;
  const warm = warmPoolSize * ROOT_VOLUME_GIB * UNIT_PRICES.volumeGibibyteMonth;
  const { onDemand, spot } = sharesOf(stage, minCapacity);
  const hour = hourAtMost(stage, minCapacity);
  return [
    ...(warmPoolSize > 0
      ? [
          line(
            'warm pool',
            `${warmPoolSize} x ${ROOT_VOLUME_GIB} GiB x ${UNIT_PRICES.volumeGibibyteMonth}`,
            warm,
          ),
        ]
      : []),
    ...(minCapacity > 0
      ? [
          line(
            'instances, minimum',
            `${onDemand} on demand and ${spot} Spot of the most expensive type, their volumes and addresses: ${number(hour, 4)} x ${HOURS_A_MONTH} h`,
            hour * HOURS_A_MONTH,
          ),
        ]
      : []),
  ];
}
