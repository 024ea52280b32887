// Parallel coordinates: an axis for each objective, a line for each result. Better is up on every axis.

import { h, replace, s } from './dom.js';
import { count, shorten } from './format.js';
import { choose, families, goal, key, recommended, rows, selection, shown, view } from './view.js';
import { scale } from './scale.js';

/** From how many objectives on a plot of two of them does not show enough. */
export const LEAST = 3;
/** From which ratio of the greatest to the least value on an axis is logarithmic. */
const WIDE = 50;

export function parallel() {
  const plot = h('div', { class: 'plot' });
  const figure = h('div', { class: 'figure' }, plot);
  const hint = h('p', { class: 'muted note', 'aria-live': 'off' });
  let lines = new Map();
  const draw = () => {
    const drawn = picture(Math.max(280, figure.clientWidth));
    lines = drawn.lines;
    replace(plot, drawn.svg);
    highlight();
  };
  const highlight = () => {
    for (const [id, line] of lines) {
      const on = id === view.hovered || id === view.selected;
      line.classList.toggle('hovered', id === view.hovered);
      line.classList.toggle('selected', id === view.selected);
      if (on) line.parentNode.append(line);
    }
    const line = lines.get(view.hovered);
    hint.textContent = line ? line.dataset.name : 'Better is up on every axis. Point at a line to see which result it is; the table has all values.';
  };
  const keyOf = (event) => event.target.dataset?.key ?? null;
  plot.addEventListener('pointermove', (event) => choose({ hovered: keyOf(event) }));
  plot.addEventListener('pointerleave', () => choose({ hovered: null }));
  plot.addEventListener('click', (event) => keyOf(event) && choose({ selected: keyOf(event) }));
  const element = h('section', { class: 'panel', 'aria-labelledby': 'parallel-title', id: 'parallel' },
    h('h2', { id: 'parallel-title' }, 'All objectives'), figure, hint);
  return { element, draw, highlight };
}

function picture(width) {
  const { objectives } = selection();
  const height = 320;
  const [top, bottom] = [44, height - 16];
  const [left, right] = [Math.min(90, width * 0.14), width - Math.min(90, width * 0.14)];
  const step = (right - left) / (objectives.length - 1);
  const complete = rows().filter((row) => objectives.every((_, index) => typeof row.values[index] === 'number'));
  const scales = objectives.map((_, index) => {
    const values = complete.map((row) => row.values[index]);
    return scale(values, { log: isLog(index, values), reversed: goal(index) === 'Minimize', from: bottom, to: top, most: 5 });
  });
  const colours = families();
  const visible = new Set(shown());
  const lines = new Map();
  const order = ['excluded', 'infeasible', 'dominated', 'front'];
  const drawn = complete
    .filter((row) => visible.has(row))
    .sort((a, b) => order.indexOf(a.role) - order.indexOf(b.role) || (a === recommended()) - (b === recommended()))
    .map((row) => {
      const corners = scales.map((one, index) => `${(left + index * step).toFixed(1)},${one.at(row.values[index]).toFixed(1)}`);
      if (corners.some((corner) => corner.includes('NaN'))) return null;
      const best = row === recommended() ? ' best' : '';
      const line = s('path', { class: `line ${row.role}${best} ${row.kind} ${colours.get(row.family)}`, d: `M${corners.join('L')}`, 'data-key': key(row), 'data-name': row.candidate });
      lines.set(key(row), line);
      return line;
    });
  const most = Math.max(6, Math.floor((step - 12) / 7.5));
  const axesDrawn = scales.map((one, index) => {
    const at = left + index * step;
    const anchor = index === 0 && left < 80 ? 'start' : index === objectives.length - 1 && left < 80 ? 'end' : 'middle';
    const foot = anchor === 'start' ? 2 : anchor === 'end' ? width - 2 : at;
    return s('g', null,
      s('text', { class: 'axis-title', x: foot, y: 14, 'text-anchor': anchor }, s('title', null, objectives[index].metric), shorten(objectives[index].metric, most)),
      s('text', { class: 'tick', x: foot, y: 30, 'text-anchor': anchor }, (goal(index) === 'Minimize' ? 'lower ↑' : 'higher ↑') + (one.log ? ', log' : '')),
      s('path', { class: 'axis', d: `M${at},${top}V${bottom}` }),
      one.ticks.map(({ value, label }) => s('text', { class: 'tick halo', x: at - 6, y: one.at(value), dy: '0.32em', 'text-anchor': 'end' }, label)));
  });
  const svg = s('svg', { class: 'chart', width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `Parallel coordinates of ${objectives.map(({ metric }) => metric).join(', ')} for ${count(lines.size, 'result')}; the table has the values.` },
    s('g', null, drawn.filter(Boolean)), axesDrawn);
  return { svg, lines };
}

/** As the objective asks for, and where a linear axis would press most values together at one end. */
function isLog(index, values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return selection().objectives[index].logarithmic || (low > 0 && high / low > WIDE);
}
