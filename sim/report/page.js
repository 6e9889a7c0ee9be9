// The report of a comparison: header, figures of one run, and the table of all policies. Inlined; runs without a build.
(() => {
  const { data, element, byId, figure, onRedraw, drawTime, drawFrontier } = window.report;
  const { comparison, runs, slo } = data;
  const bound = comparison.bound.find((point) => point.at === slo);
  const least = bound ? bound.gpuHours : null;
  const timesBound = (hours) => (least ? `${(hours / least).toFixed(2)} ×` : '–');
  let current = runs.find((run) => run.policy === data.first) ?? runs[0];

  byId('title').textContent = `${comparison.trace}: scaling policies compared`;
  const changes = Object.entries(comparison.with).map(([key, value]) => `${key} ${value}`);
  byId('about').textContent =
    `${Math.round(comparison.jobs).toLocaleString('en')} jobs, ${comparison.world} world` +
    (changes.length ? `, ${changes.join(', ')}` : '') +
    (comparison.seeds > 1 ? `, means of ${comparison.seeds} seeds` : '') +
    (bound
      ? least === null
        ? `. No fleet between min and max reaches a mean wait of ${slo} s.`
        : `. With all arrivals known in advance, a mean wait of ${slo} s costs at least ${least.toFixed(2)} GPU hours.`
      : '.');

  function drawTiles() {
    const { measures } = current;
    const { wait, overSlo, gpuHours, usd, fleet, actions } = measures;
    const tiles = [
      [`${figure(wait.mean, 1)} s`, 'mean wait'],
      [`${figure(wait.p95, 1)} s`, 'p95 wait'],
      [`${Math.round(overSlo.seconds / 60)} min`, `with a job waiting over ${slo} s`],
      [figure(gpuHours, 2), 'GPU hours'],
      [timesBound(gpuHours), 'the lower bound'],
      [`$${figure(usd, 2)}`, 'at on-demand prices'],
      [figure(fleet.peak, 0), 'instances at the peak'],
      [`${actions.out} / ${actions.in}`, 'scale-outs / scale-ins'],
    ];
    byId('tiles').replaceChildren(
      ...tiles.map(([value, meaning]) => {
        const tile = element('div', undefined, 'tile');
        tile.append(element('b', value), element('span', meaning));
        return tile;
      }),
    );
  }

  function drawPolicies() {
    byId('policies').replaceChildren(
      ...runs.map((run) => {
        const button = element('button', run.policy);
        button.type = 'button';
        button.setAttribute('aria-pressed', String(run === current));
        button.addEventListener('click', () => {
          current = run;
          drawPolicies();
          drawTiles();
          drawTime(current);
          drawTable();
          window.dashboard.of(run);
        });
        return button;
      }),
    );
  }

  function drawTable() {
    const head = [
      'policy',
      'mean s',
      'p50',
      'p95',
      'p99',
      'max',
      `over ${slo} s`,
      'GPU h',
      'USD',
      '× bound',
      'peak',
      'out/in',
      'settings',
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
        const text = changed.map(([key, value]) => `${key} ${value}`).join(', ') || 'default';
        const name = usual ? `${policy}, ${keeps ? 'tuned' : 'least wait'}` : policy;
        rows.push([name, ...cells(tuned.measures), text]);
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
    byId('table').replaceChildren(thead, tbody);
  }

  byId('frontier-hint').textContent =
    `Each line is the best that a policy reaches on this trace with any setting tried; a ring is its default. ` +
    `The dashed line is the lower bound.`;

  const draw = () => {
    drawTime(current);
    drawFrontier();
  };
  drawPolicies();
  drawTiles();
  drawTable();
  draw();
  onRedraw(draw);
})();
