/** Builders of the scaler's memory: tick records and the item of its table. */
import { scalerMemoryOf, type ScalerMemory } from '../../../cli/shared/scaler-memory.ts';
import { MEMORY_VERSION } from '../../../lambda/scaler/memory-schema.ts';
import type { TickRecord } from '../../../lambda/scaler/ports.ts';

/** 2026-05-04 10:00:00 UTC, epoch seconds. */
export const NOW = Date.parse('2026-05-04T10:00:00Z') / 1000;
export const TICK = 30;

export const record = (more: Partial<TickRecord> = {}): TickRecord => ({
  at: NOW - 4,
  reason: 'steady',
  needed: 3,
  visible: 12,
  inFlight: 3,
  desired: 3,
  inService: 3,
  pending: 0,
  draining: 0,
  min: 0,
  max: 20,
  ...more,
});

/** Records one tick apart, the last one four seconds ago. */
export const records = (...all: Partial<TickRecord>[]): TickRecord[] =>
  all.map((one, k) => record({ at: NOW - 4 - TICK * (all.length - 1 - k), ...one }));

/** The scaler's item in its table. */
export const itemOf = (
  recent: TickRecord[],
  more: Record<string, unknown> = {},
): Record<string, unknown> => ({
  id: 'scaler',
  version: MEMORY_VERSION,
  policy: {},
  recent,
  view: {
    at: NOW - 4,
    tickSeconds: TICK,
    visible: 0,
    inFlight: 0,
    inService: 0,
    coming: [],
    arrivalsPerSecond: null,
    serviceSeconds: null,
    bootSeconds: null,
    history: [],
  },
  ...more,
});

export const memoryOf = (recent: TickRecord[], more: Record<string, unknown> = {}): ScalerMemory =>
  scalerMemoryOf(itemOf(recent, more));
