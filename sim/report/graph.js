// A graph of a dashboard panel. Inlined into the page; runs without a build.
window.report.graph = (() => {
  const { axis, timeAxis, isNull, sync } = window.report;
  const WHOLE = [1, 10, 100, 1e3, 1e4, 1e5].flatMap((unit) => [1, 2, 5].map((digit) => digit * unit));
  const whole = { incrs: WHOLE, stepped: true };
  const UNITS = {
    photos: { least: 0.1 },
    instances: whole,
    ticks: whole,
    count: whole,
    USD: { least: 0.01 },
    'per cent': { least: 100, room: 1 },
  };

  /** A value between two gaps has no line: it is drawn as a point. */
  const isolated = (values) => (_, series, show) =>
    show
      ? null
      : [...values.keys()].filter(
          (k) => !isNull(values[k]) && isNull(values[k - 1]) && isNull(values[k + 1]),
        );

  /** Running sums of the series, for a stacked graph. */
  function stackedSums(all) {
    const sums = all[0].map(() => 0);
    return all.map((values) => values.map((value, k) => (value === null ? null : (sums[k] += value))));
  }

  /** @param pointed called with the period at the cursor, or null */
  return ({ unit, stacked }, present, at, target, pointed) => {
    const { incrs, stepped, least = 1, room = 1.05 } = UNITS[unit] ?? {};
    const area = ({ colour }) => (stacked ? `${colour}cc` : undefined);
    const all = present.map(({ values }) => values);
    const options = {
      width: target.clientWidth,
      height: 180,
      legend: { show: false },
      cursor: { y: false, sync: { key: sync.key, setSeries: false }, drag: { x: true, y: false } },
      scales: { x: { time: false }, y: { range: (_, low, high) => [0, Math.max(high, least) * room] } },
      axes: [timeAxis({ size: 32 }), axis({ size: 52, incrs })],
      series: [
        {},
        ...present.map((one, k) => ({
          stroke: one.colour,
          width: stacked ? 0 : 1.75,
          paths: stepped && uPlot.paths.stepped({ align: 1 }),
          fill: k === 0 ? area(one) : undefined,
          points: { show: false, size: 4, fill: one.colour, filter: isolated(one.values) },
        })),
      ],
      bands: stacked ? present.slice(1).map((one, k) => ({ series: [k + 2, k + 1], fill: area(one) })) : [],
      hooks: { setCursor: [(plot) => pointed(plot.cursor.idx)] },
    };
    return new uPlot(options, [at, ...(stacked ? stackedSums(all) : all)], target);
  };
})();
