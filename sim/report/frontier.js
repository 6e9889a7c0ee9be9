// The frontier: cost against mean wait for every policy and the lower bound. Inlined into the page; runs without a build.
window.report.drawFrontier = (() => {
  const { data, css, element, isNull, byId, settingsText, line, axis } = window.report;
  const { comparison, slo } = data;
  const bound = comparison.bound.find((point) => point.at === slo)?.gpuHours ?? null;
  const timesBound = (hours) => (bound ? `${(hours / bound).toFixed(2)} ×` : '–');
  const COLOURS = [
    '#b4532a',
    '#2d6a8e',
    '#2f8f5b',
    '#8b5fa8',
    '#c99a16',
    '#c2477f',
    '#3a9aa8',
    '#7a6a3a',
    '#5b6fd0',
    '#9a4b4b',
    '#8a8f9c',
    '#4c6b3c',
  ];
  const SHORTEST = 0.5;
  /** Longer waits are not shown: they would leave too little room for the others. */
  const LONGEST = 1000;
  const shownWait = (wait) => Math.max(SHORTEST, wait);

  function frontierOf(points) {
    const sorted = points
      .filter(({ measures }) => measures.completed === measures.jobs && measures.wait.mean !== null)
      .sort(
        (a, b) => a.measures.wait.mean - b.measures.wait.mean || a.measures.gpuHours - b.measures.gpuHours,
      );
    let cheapest = Infinity;
    return sorted.filter(({ measures }) => {
      const better = measures.gpuHours < cheapest;
      if (better) cheapest = measures.gpuHours;
      return better;
    });
  }

  let frontierPlot;
  function drawFrontier() {
    const target = byId('frontier');
    if (frontierPlot) frontierPlot.destroy();
    target.replaceChildren();
    const marks = [];
    const tables = [];
    const series = [
      { label: 'mean wait', value: (_, wait) => (isNull(wait) ? '–' : `${wait.toFixed(1)} s`) },
    ];
    const curve = comparison.bound.filter((point) => point.gpuHours !== null).sort((a, b) => a.at - b.at);
    if (curve.length) {
      tables.push([curve.map((point) => point.at), curve.map((point) => point.gpuHours)]);
      series.push(line('lower bound', 'desired', { width: 2.5, dash: [6, 4], spanGaps: true }));
      for (const point of curve)
        marks.push([point.at, point.gpuHours, 'lower bound', `for a mean wait of ${point.at} s`]);
    }
    if (comparison.plan) {
      tables.push([[comparison.plan.mean], [comparison.plan.gpuHours]]);
      series.push({
        label: 'plan of the bound',
        stroke: css('desired'),
        width: 0,
        points: { show: true, size: 9, fill: css('card') },
      });
      marks.push([comparison.plan.mean, comparison.plan.gpuHours, 'plan of the bound', 'replayed exactly']);
    }
    comparison.policies.forEach(({ policy, usual, points }, k) => {
      const colour = COLOURS[k % COLOURS.length];
      const best = frontierOf(points);
      tables.push([
        best.map(({ measures }) => shownWait(measures.wait.mean)),
        best.map(({ measures }) => measures.gpuHours),
      ]);
      const own = policy === data.first;
      series.push({
        label: policy,
        stroke: colour,
        width: own ? 4 : 1.25,
        spanGaps: true,
        points: { show: true, size: own ? 9 : 5, fill: colour },
      });
      for (const { settings, measures } of best) {
        marks.push([shownWait(measures.wait.mean), measures.gpuHours, policy, settingsText(settings)]);
      }
      if (usual && usual.measures.wait.mean !== null) {
        tables.push([[shownWait(usual.measures.wait.mean)], [usual.measures.gpuHours]]);
        series.push({
          label: `${policy}, default`,
          stroke: colour,
          width: 0,
          points: { show: true, size: 11, width: 2, fill: css('card') },
        });
        marks.push([
          shownWait(usual.measures.wait.mean),
          usual.measures.gpuHours,
          `${policy}, default`,
          settingsText(usual.settings),
        ]);
      }
    });
    const all = marks.map(([, hours]) => hours);
    const waits = marks.map(([wait]) => wait);
    const narrow = target.clientWidth < 700;
    const options = {
      width: target.clientWidth,
      height: narrow ? 380 : 460,
      legend: { show: true, live: false, markers: { width: 0, fill: (_, k) => series[k].stroke } },
      cursor: { drag: { x: false, y: false }, points: { show: false } },
      scales: {
        x: {
          time: false,
          distr: 3,
          log: 10,
          range: [Math.min(...waits) * 0.8, Math.min(LONGEST, Math.max(...waits)) * 1.25],
        },
        y: { distr: 3, log: 10, range: [Math.min(...all) * 0.92, Math.max(...all) * 1.08] },
      },
      axes: [
        axis({
          label: 'mean wait, s',
          labelSize: 22,
          values: (_, ticks) => ticks.map((at) => (tickShown(at) ? String(+at.toPrecision(3)) : '')),
        }),
        axis({
          label: 'GPU hours',
          labelSize: 22,
          size: 60,
          values: (_, ticks) => ticks.map((at) => (tickShown(at) ? String(+at.toPrecision(3)) : '')),
        }),
      ],
      series,
      hooks: { setCursor: [nearest] },
    };
    frontierPlot = new uPlot(options, uPlot.join(tables), target);
    // The rings of the defaults share the entry of their policy.
    for (const row of target.querySelectorAll('.u-legend .u-series')) {
      if (/, default$|^mean wait/.test(row.textContent.trim())) row.style.display = 'none';
    }

    function nearest(plot) {
      const { left, top } = plot.cursor;
      const out = byId('near');
      out.replaceChildren();
      if (left === undefined || left < 0) {
        out.append(element('span', 'Point at a mark to see its settings.'));
        return;
      }
      let best;
      let distance = 40;
      for (const mark of marks) {
        const away = Math.hypot(plot.valToPos(mark[0], 'x') - left, plot.valToPos(mark[1], 'y') - top);
        if (away < distance) {
          distance = away;
          best = mark;
        }
      }
      if (!best) return;
      const [wait, hours, name, settings] = best;
      out.append(
        element('b', name),
        element(
          'span',
          `: mean wait ${wait <= SHORTEST ? 'below ' : ''}${wait.toFixed(1)} s for ${hours.toFixed(2)} GPU hours (${timesBound(hours)} the bound); ${settings}`,
        ),
      );
    }
    nearest(frontierPlot);
  }
  const tickShown = (value) => {
    const digit = +(value / 10 ** Math.floor(Math.log10(value) + 1e-9)).toPrecision(3);
    return digit === 1 || digit === 2 || digit === 5;
  };
  return drawFrontier;
})();
