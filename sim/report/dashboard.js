// The panels of the deployed dashboard, filled from a run. Inlined into the page; runs without a build.
window.dashboard = (() => {
  const { data, css, element, clock, isNull, graph, onRedraw } = window.report;
  const target = document.getElementById('dashboard');
  const FORMATS = {
    seconds: (value) => `${number(value)} s`,
    USD: (value) => `$${value.toFixed(2)}`,
    'per cent': (value) => `${Math.round(value)} %`,
  };
  const number = (value) =>
    value >= 100 ? Math.round(value).toLocaleString('en') : String(+value.toPrecision(3));
  const shownAs = (unit, value) => (isNull(value) ? '–' : (FORMATS[unit] ?? number)(value));
  const unpacked = (packed) =>
    packed.flatMap((one) => (Array.isArray(one) ? Array(one[1]).fill(one[0]) : [one]));

  const plots = [];
  let figures = [];
  let current;
  let at = [];

  /** Notes that list the series without values, by reason. */
  function notes(missing) {
    const texts = { simulator: 'Not simulated', policy: `Not published under ${current.policy}` };
    return Object.entries(texts).flatMap(([reason, text]) => {
      const labels = missing.filter((series) => series.values === reason).map(({ label }) => label);
      return labels.length ? [element('p', `${text}: ${labels.join(', ')}.`, 'hint')] : [];
    });
  }

  /** A sparkline; missing values are gaps. */
  function spark(values, colour) {
    const NS = 'http://www.w3.org/2000/svg';
    const highest = Math.max(...values.map((value) => value ?? 0), 1e-9);
    let path = '';
    values.forEach((value, k) => {
      if (value === null) return;
      path += `${k > 0 && values[k - 1] !== null ? 'L' : 'M'}${k} ${(30 - (28 * value) / highest).toFixed(2)}`;
    });
    const svg = document.createElementNS(NS, 'svg');
    svg.setAttribute('viewBox', `0 0 ${Math.max(1, values.length - 1)} 31`);
    svg.setAttribute('preserveAspectRatio', 'none');
    svg.setAttribute('aria-hidden', 'true');
    const line = document.createElementNS(NS, 'path');
    line.setAttribute('d', path);
    line.setAttribute('stroke', colour);
    svg.append(line);
    return svg;
  }

  function drawFigures(panel, present, card) {
    const row = element('div', undefined, 'figures');
    for (const { label, values, colour } of present) {
      const one = element('div');
      const value = element('b');
      one.append(value, element('span', label), spark(values, colour));
      row.append(one);
      figures.push((index) => (value.textContent = shownAs(panel.unit, values[index])));
    }
    card.append(row);
  }

  function drawGraph(panel, present, card) {
    const plot = element('div', undefined, 'plot');
    const legend = element('ul', undefined, 'legend');
    card.append(plot, legend);
    for (const { label, values, colour } of present) {
      const item = element('li');
      const mark = element('i');
      mark.style.background = colour;
      const value = element('b');
      item.append(mark, element('span', label), value);
      legend.append(item);
      figures.push((index) => (value.textContent = shownAs(panel.unit, values[index])));
    }
    // The cursor is shared by all plots: one of them reports its position.
    const pointed = plots.length === 0 ? show : () => {};
    plots.push(graph(panel, present, at, plot, pointed));
  }

  /** Shows the values of the period at the cursor; without a cursor, of the latest. */
  function show(index) {
    for (const showValue of figures) showValue(index ?? current.dashboard.latest);
    const when = target.querySelector('#dashboard-when');
    when.textContent = isNull(index) ? `latest, ${clock(at[current.dashboard.latest])}` : clock(at[index]);
  }

  function draw() {
    while (plots.length) plots.pop().destroy();
    figures = [];
    const { period, series } = current.dashboard;
    const all = series.map((one) => (typeof one === 'string' ? one : unpacked(one)));
    at = all.find((values) => typeof values !== 'string').map((_, k) => k * period);
    const hint = element('p', undefined, 'hint');
    const minutes = period / 60;
    hint.append(
      `The deployed dashboard during this run under ${current.policy}, in periods of ${minutes === 1 ? 'a minute' : `${minutes} minutes`}. Values: `,
      Object.assign(element('b'), { id: 'dashboard-when' }),
    );
    const rows = data.panels.map((row) => {
      const made = element('div', undefined, 'panels');
      made.style.setProperty('--columns', row.length);
      made.append(...row.map((panel) => Object.assign(element('article'), { panel })));
      return made;
    });
    target.replaceChildren(element('h2', 'Dashboard'), hint, ...rows);
    // Drawn after the layout: a plot takes the width of its card.
    for (const card of target.querySelectorAll('article')) {
      const { panel } = card;
      card.append(element('h3', panel.title));
      const filled = panel.series.map(({ label, index }, k) => ({
        label,
        values: all[index],
        colour: css(`series-${k}`),
      }));
      const limit = current.dashboard.limits[panel.limit?.name];
      if (limit !== undefined) {
        const colour = css(`series-${filled.length}`);
        filled.push({ label: panel.limit.label, values: at.map(() => limit), colour });
      }
      const present = filled.filter(({ values }) => typeof values !== 'string');
      if (present.length) (panel.figures ? drawFigures : drawGraph)(panel, present, card);
      card.append(...notes(filled));
    }
    show(null);
  }

  const of = (run) => {
    current = run;
    draw();
  };
  of(data.runs.find((run) => run.policy === data.first) ?? data.runs[0]);
  onRedraw(draw);
  return { of };
})();
