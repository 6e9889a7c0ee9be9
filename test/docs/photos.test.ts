/** The page of the corpus has the tables that its manifest and the last run over all files give. */
import { expect, it } from 'vitest';
import {
  corpusTables,
  manifestSha256,
  PAGE,
  readMeasured,
  withCorpusTables,
} from '../../tools/corpus/table.ts';
import { MOST_DIFFERENCE } from '../../tools/corpus/measure.ts';
import { read } from './pages.ts';

const measured = readMeasured();

it('the page is what `node tools/run.mjs corpus table` writes', () => {
  expect(measured.manifest).toBe(manifestSha256());
  expect(read(PAGE)).toBe(withCorpusTables(read(PAGE), corpusTables(measured)));
});

it('no tone of the last run is further off than is allowed', () => {
  const largest = Object.entries(measured.differences).filter(([, one]) => one.largest > MOST_DIFFERENCE);
  expect(largest).toEqual([]);
});
