// What the scripts of report and dashboard share. Inlined into the page; runs without a build.
window.report = (() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const element = (tag, text, className) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  };
  const isNull = (value) => value === null || value === undefined;
  const clock = (seconds) => {
    const whole = Math.round(seconds);
    const days = Math.floor(whole / 86400);
    const two = (n) => String(n).padStart(2, '0');
    const time = `${two(Math.floor(whole / 3600) % 24)}:${two(Math.floor(whole / 60) % 60)}`;
    return days > 0 ? `day ${days + 1} ${time}` : `${time}:${two(whole % 60)}`;
  };
  const byId = (id) => document.getElementById(id);
  /** A number with fixed digits, or a dash. */
  const figure = (value, digits) => (isNull(value) ? '–' : value.toFixed(digits));
  const settingsText = (settings) =>
    Object.entries(settings)
      .map(([key, value]) => `${key} ${value}`)
      .join(', ');
  const line = (label, colour, more = {}) => ({
    label,
    stroke: css(colour),
    width: 1.5,
    points: { show: false },
    ...more,
  });
  const axis = (more) => ({
    stroke: css('muted'),
    grid: { stroke: css('line'), width: 1 },
    ticks: { stroke: css('line'), width: 1 },
    ...more,
  });
  const TIMES = [10, 30, 60, 300, 600, 1800, 3600, 7200, 14400, 28800, 43200, 86400, 172800, 604800];
  const tick = (at) =>
    at > 0 && at % 86400 === 0
      ? `day ${at / 86400 + 1}`
      : clock(at)
          .replace(/^day \d+ /, '')
          .replace(/^(\d\d:\d\d):00$/, '$1');
  const timeAxis = (more) => axis({ incrs: TIMES, values: (_, all) => all.map(tick), ...more });
  /** Calls `draw` after a change of width or colour scheme. */
  const onRedraw = (draw) => {
    let waiting;
    addEventListener('resize', () => {
      clearTimeout(waiting);
      waiting = setTimeout(draw, 150);
    });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  };
  return {
    data,
    css,
    element,
    isNull,
    clock,
    byId,
    figure,
    settingsText,
    line,
    axis,
    timeAxis,
    onRedraw,
    sync: uPlot.sync('time'),
  };
})();
