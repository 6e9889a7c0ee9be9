/** Plots of backlog, fleet and waits over time, on a shared time axis. */
import uPlot from './vendor/uplot.js';

const HEIGHT = 170;
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const stepped = uPlot.paths.stepped({ align: 1 });

const area = (label, name, value) => ({
  label,
  stroke: color(name),
  fill: `${color(name)}33`,
  width: 1.5,
  points: { show: false },
  value,
});
const step = (label, name, dash) => ({
  label,
  stroke: color(name),
  width: 2,
  paths: stepped,
  points: { show: false },
  ...(dash && { dash }),
});

const whole = (_plot, value) => (value === null ? '-' : String(value));

function options(series, width) {
  const axis = { stroke: color('muted'), grid: { stroke: color('line'), width: 1 }, ticks: { show: false } };
  const timeAxis = {
    ...axis,
    values: (_plot, ticks) => ticks.map((tick) => `${tick} s`),
    grid: { show: false },
  };
  return {
    width,
    height: HEIGHT,
    scales: {
      x: { time: false },
      // From zero, and up to at least 4, so that one photo does not fill the plot.
      y: { range: (_plot, _low, high) => [0, Math.max(4, (high ?? 0) * 1.08)] },
    },
    axes: [timeAxis, { ...axis, size: 36 }],
    cursor: { sync: { key: 'run' }, drag: { x: false, y: false } },
    legend: { live: true },
    series: [{ label: 'at', value: (_plot, value) => (value === null ? '-' : `${value} s`) }, ...series],
  };
}

export class Plots {
  constructor(backlog, fleet, waits) {
    this.places = { backlog, fleet, waits };
    this.restyle();
    new ResizeObserver(() => this.resize()).observe(backlog);
  }

  /** Redraws the plots with the colours of the current colour scheme. */
  restyle() {
    for (const plot of Object.values(this.plots ?? {})) plot.destroy();
    const series = {
      backlog: [area('waiting', 'waiting', whole), area('in flight', 'work', whole)],
      fleet: [
        { ...step('desired', 'desired', [6, 4]), value: whole },
        { ...step('in service', 'service'), value: whole },
        { ...step('on demand', 'on-demand'), value: whole },
        { ...step('stopped', 'muted', [2, 3]), value: whole },
        { ...step('pending', 'pending'), value: whole },
        { ...step('draining', 'draining'), value: whole },
      ],
      waits: [
        {
          label: 'wait',
          stroke: color('work'),
          paths: () => null,
          points: { show: true, size: 5, fill: color('work') },
          value: (_plot, value) => (value === null ? '-' : `${value} s`),
        },
      ],
    };
    this.plots = Object.fromEntries(
      Object.entries(this.places).map(([name, place]) => [
        name,
        new uPlot(options(series[name], place.clientWidth), [[], ...series[name].map(() => [])], place),
      ]),
    );
  }

  resize() {
    for (const [name, plot] of Object.entries(this.plots)) {
      plot.setSize({ width: this.places[name].clientWidth, height: HEIGHT });
    }
  }

  show({ timeline, waits }) {
    const column = (name) => timeline.map((point) => point[name]);
    const t = column('t');
    const x = { min: 0, max: Math.max(10, t.at(-1) ?? 0) };
    const byTime = [...waits].sort((a, b) => a.t - b.t);
    this.plots.backlog.setData([t, column('visible'), column('inFlight')]);
    this.plots.fleet.setData([
      t,
      ...['desired', 'inService', 'onDemand', 'stopped', 'pending', 'draining'].map(column),
    ]);
    this.plots.waits.setData([byTime.map((wait) => wait.t), byTime.map((wait) => wait.seconds)]);
    for (const plot of Object.values(this.plots)) plot.setScale('x', x);
  }
}
