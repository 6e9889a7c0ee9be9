/** Metrics of photos: everything once, in few values, and nothing lost in an outage. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { metricData } from '../../worker/aws/cloudwatch-metrics.ts';
import { PhotoMetrics, PUBLISH_MS, type PhotoMetricsBatch } from '../../worker/telemetry/photo-metrics.ts';
import { memoryLog } from './support/memory.ts';

let published: PhotoMetricsBatch[];
let refused: boolean;
let metrics: PhotoMetrics;

beforeEach(() => {
  vi.useFakeTimers();
  published = [];
  refused = false;
  metrics = new PhotoMetrics({
    publish: (figures) => {
      if (refused) return Promise.reject(new Error('throttled'));
      published.push(figures);
      return Promise.resolve();
    },
    log: memoryLog(),
    random: () => 1,
  });
});
afterEach(() => vi.useRealTimers());

const datum = (figures: PhotoMetricsBatch, name: string) =>
  metricData('prod', figures).filter(({ MetricName }) => MetricName === name);

describe('metrics of photos', () => {
  it('are published once a minute, as values with counts', async () => {
    for (let k = 0; k < 100; k++) {
      metrics.add('succeeded', { waitSeconds: k < 50 ? 7.04 : 7.06, comfySeconds: 0.15 });
      await vi.advanceTimersByTimeAsync(500);
    }
    await vi.advanceTimersByTimeAsync(PUBLISH_MS);
    expect(published).toHaveLength(1);
    expect(datum(published[0]!, 'WaitTime')).toEqual([
      {
        MetricName: 'WaitTime',
        Dimensions: [{ Name: 'Stage', Value: 'prod' }],
        Unit: 'Seconds',
        Values: [7, 7.1],
        Counts: [50, 50],
      },
    ]);
    expect(datum(published[0]!, 'Photos')).toMatchObject([
      { Value: 100, Dimensions: [{ Name: 'Stage' }, { Name: 'Outcome', Value: 'succeeded' }] },
    ]);
  });

  it('have the waits of bulk photos apart, and everything else of both lanes together', async () => {
    const photo = { queueSeconds: 1800, waitSeconds: 1803, comfySeconds: 6 };
    metrics.add('succeeded', { queueSeconds: 1, waitSeconds: 2, comfySeconds: 6 });
    metrics.add('succeeded', photo, undefined, 'bulk');
    refused = true;
    await metrics.flush();
    refused = false;
    metrics.add('succeeded', photo, undefined, 'bulk');
    await metrics.flush();
    const stage = [{ Name: 'Stage', Value: 'prod' }];
    expect(datum(published[0]!, 'WaitTime')).toMatchObject([
      { Dimensions: stage, Values: [2], Counts: [1] },
      { Dimensions: [...stage, { Name: 'Lane', Value: 'bulk' }], Values: [1800], Counts: [2] },
    ]);
    expect(datum(published[0]!, 'QueueTime')).toMatchObject([{ Dimensions: stage, Values: [1] }]);
    expect(datum(published[0]!, 'ComfyTime')).toMatchObject([
      { Dimensions: stage, Values: [6], Counts: [3] },
    ]);
    expect(datum(published[0]!, 'Photos')).toMatchObject([{ Value: 3 }]);
  });

  it('contain failures by code, and as a rate', async () => {
    for (let k = 0; k < 19; k++) metrics.add('succeeded', {});
    metrics.add('failed', {}, 'too-large');
    metrics.add('dropped', {});
    metrics.add('returned', {});
    await metrics.flush();
    expect(datum(published[0]!, 'FailedPhotos')).toMatchObject([
      { Value: 1, Dimensions: [{ Name: 'Stage' }, { Name: 'Code', Value: 'too-large' }] },
    ]);
    expect(datum(published[0]!, 'Failures')).toMatchObject([{ Values: [0, 1], Counts: [19, 1] }]);
  });

  it('contain no failure rate while no photo has an outcome', async () => {
    metrics.add('returned', {});
    await metrics.flush();
    expect(datum(published[0]!, 'Failures')).toEqual([]);
  });

  it('contain a canary mismatch, also without photos', async () => {
    metrics.addCanaryFailure();
    await vi.advanceTimersByTimeAsync(PUBLISH_MS);
    expect(datum(published[0]!, 'CanaryFailures')).toMatchObject([{ Value: 1 }]);
  });

  it('contain a change of the precision, also without photos', async () => {
    metrics.addPrecisionChange();
    await vi.advanceTimersByTimeAsync(PUBLISH_MS);
    expect(datum(published[0]!, 'PrecisionChanges')).toMatchObject([{ Value: 1 }]);
  });

  it('are not published while there are none, and complete when the worker ends', async () => {
    await vi.advanceTimersByTimeAsync(10 * PUBLISH_MS);
    await metrics.flush();
    expect(published).toEqual([]);
    metrics.add('failed', {});
    metrics.addInstanceFault();
    await metrics.flush();
    expect(datum(published[0]!, 'Photos')).toMatchObject([{ Value: 1 }]);
    expect(datum(published[0]!, 'InstanceFaults')).toMatchObject([{ Value: 1 }]);
  });

  it('that could not be published are published with the next ones', async () => {
    refused = true;
    metrics.add('succeeded', { megapixels: 12 });
    await vi.advanceTimersByTimeAsync(PUBLISH_MS);
    refused = false;
    metrics.add('succeeded', { megapixels: 12 });
    await vi.advanceTimersByTimeAsync(PUBLISH_MS);
    expect(datum(published[0]!, 'Megapixels')).toMatchObject([{ Values: [12], Counts: [2] }]);
    expect(datum(published[0]!, 'Photos')).toMatchObject([{ Value: 2 }]);
  });

  it('leave out what a slow clock makes negative', async () => {
    metrics.add('succeeded', { waitSeconds: -3600, fetchSeconds: 0.02 });
    await metrics.flush();
    expect([...published[0]!.values.keys()]).toEqual(['FetchTime']);
  });

  it('have at most 150 values per datum', async () => {
    for (let k = 1; k <= 400; k++) metrics.add('succeeded', { fetchSeconds: 1.1 ** k });
    await metrics.flush();
    const data = datum(published[0]!, 'FetchTime');
    expect(Math.max(...data.map(({ Values = [] }) => Values.length))).toBeLessThanOrEqual(150);
    expect(data.flatMap(({ Counts = [] }) => Counts).reduce((sum, n) => sum + n, 0)).toBe(400);
  });
});
