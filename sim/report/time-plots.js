// The plots over time of one run: arrivals, backlog, fleet and waits. Inlined into the page; runs without a build.
window.report.drawTime = (() => {
  const { data, css, element, clock, isNull, byId, settingsText, line, axis, timeAxis, sync } = window.report;
  const { slo } = data;
  const shown = [];
  const steps = uPlot.paths.stepped({ align: 1 });
  function describe(run, index) {
    const target = byId('decision');
    target.replaceChildren();
    const { series } = run;
    if (isNull(index)) {
      target.append(element('span', `${run.policy} with ${settingsText(run.settings)}`));
      return;
    }
    let k = index;
    while (k > 0 && !series.decisions[k]) k--;
    const decision = series.decisions[k];
    if (!decision) return;
    const [at, reason, before, after, needed] = decision;
    const change = before === after ? `stays at ${after}` : `${before} → ${after}`;
    target.append(
      element('span', `${clock(at)}  `),
      element('b', reason || 'no reason'),
      element('span', `: desired ${change}${needed === null ? '' : `, the work needs ${needed}`}`),
    );
  }
  function timePlot(run, id, title, unit, series, values, height) {
    const target = byId(id);
    target.replaceChildren();
    const options = {
      title,
      width: target.clientWidth,
      height,
      cursor: { sync: { key: sync.key, setSeries: false }, drag: { x: true, y: false } },
      scales: { x: { time: false }, y: { range: (_, low, high) => [0, Math.max(high, 1) * 1.05] } },
      axes: [timeAxis(), axis({ size: 56 })],
      series: [{ label: 'time', value: (_, at) => (isNull(at) ? '–' : clock(at)) }, ...series],
      hooks: { setCursor: [(plot) => id === 'arrivals' && describe(run, plot.cursor.idx)] },
    };
    for (const one of options.series.slice(1)) {
      one.value = (_, value) => (isNull(value) ? '–' : `${+value.toPrecision(4)} ${unit}`);
    }
    shown.push(new uPlot(options, values, target));
  }

  /** @param run shown from now on */
  function drawTime(run) {
    while (shown.length) shown.pop().destroy();
    const { series } = run;
    const { at } = series;
    timePlot(
      run,
      'arrivals',
      'Arrivals',
      'per minute',
      [line('jobs', 'arrivals', { paths: steps, fill: `${css('arrivals')}33` })],
      [at, series.arrivals],
      130,
    );
    timePlot(
      run,
      'backlog',
      'Backlog',
      'messages',
      [line('waiting', 'waiting', { fill: `${css('waiting')}22` }), line('in flight', 'work')],
      [at, series.visible, series.inFlight],
      170,
    );
    timePlot(
      run,
      'fleet',
      'Fleet',
      'instances',
      [
        line('in service', 'service', { paths: steps, fill: `${css('service')}33` }),
        line('pending', 'pending', { paths: steps, fill: `${css('pending')}44` }),
        line('desired', 'desired', { paths: steps, dash: [4, 3] }),
      ],
      [at, series.inService, series.pending, series.desired],
      190,
    );
    timePlot(
      run,
      'waits',
      'Wait by time of arrival',
      's',
      [
        line('p95', 'waiting', { width: 1, fill: `${css('waiting')}1a` }),
        line('mean', 'work'),
        line('target', 'bad', { dash: [6, 4], width: 1 }),
      ],
      [at, series.p95Wait, series.meanWait, at.map(() => slo)],
      170,
    );
    describe(run, null);
  }
  return drawTime;
})();
