// The report's script: draws what the data element holds. Runs in a browser as it is, from a file.
(() => {
  const { data, css, element, clock, axis, timeAxis, redrawn, sync } = window.report;
  const { comparison, runs, slo } = data;
  const by = (id) => document.getElementById(id);
  const figure = (value, digits) => (value === null || value === undefined ? '–' : value.toFixed(digits));
  const bound = comparison.bound.find((point) => point.at === slo);
  const least = bound ? bound.gpuHours : null;
  const timesBound = (hours) => (least ? `${(hours / least).toFixed(2)} ×` : '–');

  by('title').textContent = `${comparison.trace}: what a scaling rule is worth`;
  const changes = Object.entries(comparison.with).map(([key, value]) => `${key} ${value}`);
  by('about').textContent =
    `${Math.round(comparison.jobs).toLocaleString('en')} jobs, ${comparison.world} world` +
    (changes.length ? `, ${changes.join(', ')}` : '') +
    (comparison.seeds > 1 ? `, means of ${comparison.seeds} seeds` : '') +
    (bound
      ? least === null
        ? `. No fleet within the limits waits ${slo} s or less on average.`
        : `. Knowing everything beforehand, a mean wait of ${slo} s costs at least ${least.toFixed(2)} GPU hours.`
      : '.');

  // --- over time -------------------------------------------------------------------------------------------------
  const shown = [];
  let current = runs.find((run) => run.policy === data.first) ?? runs[0];

  const steps = uPlot.paths.stepped({ align: 1 });
  const line = (label, colour, more = {}) => ({
    label,
    stroke: css(colour),
    width: 1.5,
    points: { show: false },
    ...more,
  });

  function describe(index) {
    const target = by('decision');
    target.replaceChildren();
    const { series } = current;
    if (index === null || index === undefined) {
      target.append(element('span', `${current.policy} with ${settingsText(current.settings)}`));
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
      element('b', reason || 'no reason given'),
      element('span', `: desired ${change}${needed === null ? '' : `, the work needs ${needed}`}`),
    );
  }
  const settingsText = (settings) =>
    Object.entries(settings)
      .map(([key, value]) => `${key} ${value}`)
      .join(', ');

  function timePlot(id, title, unit, series, values, height) {
    const target = by(id);
    target.replaceChildren();
    const options = {
      title,
      width: target.clientWidth,
      height,
      cursor: { sync: { key: sync.key, setSeries: false }, drag: { x: true, y: false } },
      scales: { x: { time: false }, y: { range: (_, low, high) => [0, Math.max(high, 1) * 1.05] } },
      axes: [timeAxis(), axis({ size: 56 })],
      series: [{ label: 'time', value: (_, at) => (at === null ? '–' : clock(at)) }, ...series],
      hooks: { setCursor: [(plot) => id === 'arrivals' && describe(plot.cursor.idx)] },
    };
    for (const one of options.series.slice(1)) {
      one.value = (_, value) =>
        value === null || value === undefined ? '–' : `${+value.toPrecision(4)} ${unit}`;
    }
    shown.push(new uPlot(options, values, target));
  }

  function drawTime() {
    while (shown.length) shown.pop().destroy();
    const { series } = current;
    const { at } = series;
    timePlot(
      'arrivals',
      'Arrivals',
      'a minute',
      [line('jobs', 'arrivals', { paths: steps, fill: `${css('arrivals')}33` })],
      [at, series.arrivals],
      130,
    );
    timePlot(
      'backlog',
      'Backlog',
      'messages',
      [line('waiting', 'waiting', { fill: `${css('waiting')}22` }), line('in flight', 'work')],
      [at, series.visible, series.inFlight],
      170,
    );
    timePlot(
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
      'waits',
      'Wait of the jobs that arrived then',
      's',
      [
        line('95 % of them', 'waiting', { width: 1, fill: `${css('waiting')}1a` }),
        line('mean', 'work'),
        line('wanted', 'bad', { dash: [6, 4], width: 1 }),
      ],
      [at, series.p95Wait, series.meanWait, at.map(() => slo)],
      170,
    );
    describe(null);
  }

  function drawTiles() {
    const { measures } = current;
    const { wait, overSlo, gpuHours, usd, fleet, actions } = measures;
    const tiles = [
      [`${figure(wait.mean, 1)} s`, 'mean wait'],
      [`${figure(wait.p95, 1)} s`, '95 % wait at most'],
      [`${Math.round(overSlo.seconds / 60)} min`, `with a job over ${slo} s`],
      [figure(gpuHours, 2), 'GPU hours'],
      [timesBound(gpuHours), 'of the least possible'],
      [`$${figure(usd, 2)}`, 'on demand'],
      [figure(fleet.peak, 0), 'instances at the peak'],
      [`${actions.out} / ${actions.in}`, 'times out / in'],
    ];
    by('tiles').replaceChildren(
      ...tiles.map(([value, meaning]) => {
        const tile = element('div', undefined, 'tile');
        tile.append(element('b', value), element('span', meaning));
        return tile;
      }),
    );
  }

  function drawRules() {
    by('rules').replaceChildren(
      ...runs.map((run) => {
        const button = element('button', run.policy);
        button.type = 'button';
        button.setAttribute('aria-pressed', String(run === current));
        button.addEventListener('click', () => {
          current = run;
          drawRules();
          drawTiles();
          drawTime();
          drawTable();
          window.dashboard.of(run);
        });
        return button;
      }),
    );
  }

  // --- the frontier ----------------------------------------------------------------------------------------------
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
  /** What waits longer is of no use to anyone, and would crowd the rest. */
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
    const target = by('frontier');
    if (frontierPlot) frontierPlot.destroy();
    target.replaceChildren();
    const marks = [];
    const tables = [];
    const series = [
      { label: 'mean wait', value: (_, wait) => (wait === null ? '–' : `${wait.toFixed(1)} s`) },
    ];
    const curve = comparison.bound.filter((point) => point.gpuHours !== null).sort((a, b) => a.at - b.at);
    if (curve.length) {
      tables.push([curve.map((point) => point.at), curve.map((point) => point.gpuHours)]);
      series.push(line('the least possible', 'desired', { width: 2.5, dash: [6, 4], spanGaps: true }));
      for (const point of curve)
        marks.push([point.at, point.gpuHours, 'the least possible', `for a mean wait of ${point.at} s`]);
    }
    if (comparison.plan) {
      tables.push([[comparison.plan.mean], [comparison.plan.gpuHours]]);
      series.push({
        label: 'its plan',
        stroke: css('desired'),
        width: 0,
        points: { show: true, size: 9, fill: css('card') },
      });
      marks.push([comparison.plan.mean, comparison.plan.gpuHours, 'its plan', 'replayed exactly']);
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
          `${policy} at its defaults`,
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
    // A ring has its rule's colour already: a second entry would say nothing more.
    for (const row of target.querySelectorAll('.u-legend .u-series')) {
      if (/, default$|^mean wait/.test(row.textContent.trim())) row.style.display = 'none';
    }

    function nearest(plot) {
      const { left, top } = plot.cursor;
      const out = by('near');
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
          `: ${wait <= SHORTEST ? 'under ' : ''}${wait.toFixed(1)} s for ${hours.toFixed(2)} GPU hours (${timesBound(hours)}); ${settings}`,
        ),
      );
    }
    nearest(frontierPlot);
  }
  const tickShown = (value) => {
    const digit = +(value / 10 ** Math.floor(Math.log10(value) + 1e-9)).toPrecision(3);
    return digit === 1 || digit === 2 || digit === 5;
  };

  // --- the table -------------------------------------------------------------------------------------------------
  function drawTable() {
    const head = [
      'rule',
      'mean s',
      'p50',
      'p95',
      'p99',
      'max',
      `over ${slo} s`,
      'GPU h',
      'USD',
      '× least',
      'peak',
      'out/in',
      'knobs',
    ];
    const cells = ({ wait, overSlo, gpuHours, usd, fleet, actions }) => [
      figure(wait.mean, 1),
      figure(wait.p50, 1),
      figure(wait.p95, 1),
      figure(wait.p99, 1),
      figure(wait.max, 0),
      `${Math.round(overSlo.seconds / 60)} min`,
      figure(gpuHours, 2),
      figure(usd, 2),
      least ? (gpuHours / least).toFixed(2) : '–',
      figure(fleet.peak, 0),
      `${Math.round(actions.out)}/${Math.round(actions.in)}`,
    ];
    const rows = [];
    for (const { policy, usual, tuned, keeps } of comparison.policies) {
      if (usual) rows.push([policy, ...cells(usual.measures), 'default']);
      if (tuned) {
        const changed = Object.entries(tuned.settings).filter(
          ([key, value]) => !usual || usual.settings[key] !== value,
        );
        const knobs = changed.map(([key, value]) => `${key} ${value}`).join(', ') || 'default';
        const name = usual ? `${policy}, ${keeps ? 'tuned' : 'least wait'}` : policy;
        rows.push([name, ...cells(tuned.measures), knobs]);
      }
    }
    const thead = element('thead');
    const top = element('tr');
    for (const text of head) top.append(element('th', text));
    thead.append(top);
    const tbody = element('tbody');
    for (const row of rows) {
      const tr = element('tr', undefined, row[0] === current.policy ? 'own' : '');
      row.forEach((text, k) => tr.append(element(k === 0 ? 'th' : 'td', text)));
      tbody.append(tr);
    }
    by('table').replaceChildren(thead, tbody);
  }

  by('frontier-hint').textContent =
    `Each line is the best that a rule reached with any setting tried on this very traffic; rings are its defaults. ` +
    `Nothing can lie below the dashed line.`;

  const draw = () => {
    drawTime();
    drawFrontier();
  };
  drawRules();
  drawTiles();
  drawTable();
  draw();
  redrawn(draw);
})();
