// How the best values and the hypervolume have grown with time. Only where it is known when runs ended.

import { h, replace, s } from './dom.js';
import { duration, number, tick } from './format.js';
import { front, selection } from './view.js';
import { scale } from './scale.js';
import { axes, roomFor } from './axes.js';

/** Whether there is anything to show. */
export function hasHistory() {
  return selection().fronts.some(({ history }) => history.length > 1);
}

export function history() {
  const grid = h('div', { class: 'multiples' });
  const draw = () => {
    const steps = front()?.history ?? [];
    if (steps.length < 2) return replace(grid, h('p', { class: 'muted' }, 'The end times of the runs on this dataset are unknown.'));
    // An adopted job may have ended before.
    const start = Math.min(selection().started ?? Infinity, steps[0].time);
    const series = selection().objectives.map(({ metric, goal, logarithmic }, index) => ({
      name: `Best ${metric}`,
      log: logarithmic,
      reversed: goal === 'Minimize',
      steps: steps.map(({ time, best }) => [time - start, best[index]]),
    }));
    if (typeof steps[0].hypervolume === 'number') {
      series.unshift({ name: 'Hypervolume', steps: steps.map((step) => [step.time - start, step.hypervolume]) });
    }
    const width = Math.max(260, Math.min(420, (grid.clientWidth - 24 * (columns(grid.clientWidth) - 1)) / columns(grid.clientWidth)));
    replace(grid, series.map((one) => picture(one, width)));
  };
  const element = h('section', { class: 'panel', id: 'history', 'aria-labelledby': 'history-title' },
    h('h2', { id: 'history-title' }, 'Over time'), h('p', { class: 'muted' }, 'After each run, by time since the start.'), grid);
  return { element, draw, highlight: () => {} };
}

function columns(width) {
  return width > 900 ? 3 : width > 560 ? 2 : 1;
}

function picture({ name, log, reversed, steps }, width) {
  const height = 190;
  const [top, bottom, right] = [12, height - 28, width - 14];
  const y = scale(steps.map(([, value]) => value), { log, reversed, from: bottom, to: top, most: 4 });
  const left = roomFor(y);
  const last = steps.at(-1)[0];
  const x = timeScale(last, left, right);
  const path = steps.map(([time, value], index) => `${index === 0 ? `M${x.at(time).toFixed(1)},${y.at(value).toFixed(1)}` : `H${x.at(time).toFixed(1)}V${y.at(value).toFixed(1)}`}`).join('');
  const words = `${name}: from ${number(steps[0][1])} after ${duration(steps[0][0])} to ${number(steps.at(-1)[1])} after ${duration(last)}`;
  return h('figure', { class: 'multiple' }, h('figcaption', null, name, h('span', { class: 'muted' }, ` ${tick(steps.at(-1)[1])}`)),
    s('svg', { class: 'chart', width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': words },
      axes(x, y, { left, top, right, bottom }, (value) => (value === 0 ? '0' : duration(value))),
      s('path', { class: 'growth', d: path }),
      s('circle', { class: 'growth-end', cx: x.at(last), cy: y.at(steps.at(-1)[1]), r: 3 })));
}

/** Ticks at whole seconds, minutes or hours. */
function timeScale(last, left, right) {
  const steps = [1, 5, 15, 30, 60, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800];
  const step = steps.find((one) => last / one <= 4) ?? Math.ceil(last / 4);
  const ticks = [];
  for (let value = 0; value <= last; value += step) ticks.push({ value, label: '' });
  return { at: (value) => left + (last > 0 ? value / last : 0) * (right - left), ticks };
}
