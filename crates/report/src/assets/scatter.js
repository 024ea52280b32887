// The plot of one metric against another, with the front.

import { h, replace, s } from './dom.js';
import { count, number } from './format.js';
import { axis, choose, families, front, goal, isLog, key, OTHERS, roleOf, rows, selection, shown, view } from './view.js';
import { scale } from './scale.js';
import { outline, shapeOf, shapesLegend } from './marks.js';
import { axes, roomFor } from './axes.js';
import { labels } from './labels.js';
import { tooltip } from './tooltip.js';

const RADIUS = 5.5;
/** How near the pointer must come to a point, in pixels. */
const REACH = 22;

export function scatter() {
  const plot = h('div', { class: 'plot' });
  const card = tooltip();
  const note = h('p', { class: 'muted note' });
  const shapes = h('div');
  const legend = h('div');
  const figure = h('div', { class: 'figure' }, plot, card.element);
  let points = [];
  let marks = new Map();

  const draw = () => {
    // Axes without values would be misleading.
    element.classList.toggle('empty', !rows().some((row) => row.values.some((value) => typeof value === 'number')));
    const width = Math.max(280, figure.clientWidth);
    const drawn = picture(width);
    ({ points, marks } = drawn);
    replace(plot, drawn.svg);
    replace(shapes, shapesLegend(new Set(points.map(({ row }) => shapeOf(row)))));
    replace(legend, familyLegend());
    note.textContent = drawn.note;
    highlight();
  };
  const highlight = () => {
    for (const [id, mark] of marks) {
      mark.classList.toggle('hovered', id === view.hovered);
      mark.classList.toggle('selected', id === view.selected);
      mark.setAttribute('aria-selected', String(id === view.selected));
    }
    const point = points.find(({ row }) => key(row) === view.hovered);
    if (point) card.show(point.row, point.x, point.y, figure.clientWidth);
    else card.hide();
  };
  const nearest = (event) => {
    const area = plot.firstChild.getBoundingClientRect();
    const [x, y] = [event.clientX - area.left, event.clientY - area.top];
    const distance = (point) => Math.hypot(point.x - x, point.y - y) - point.r;
    const near = points.filter((point) => distance(point) < REACH).sort((a, b) => distance(a) - distance(b))[0];
    return near && key(near.row);
  };
  plot.addEventListener('pointermove', (event) => choose({ hovered: nearest(event) ?? null }));
  plot.addEventListener('pointerleave', () => choose({ hovered: null }));
  plot.addEventListener('click', (event) => {
    const near = nearest(event);
    if (near) choose({ selected: near });
  });
  plot.addEventListener('keydown', (event) => move(event, points, marks));
  plot.addEventListener('focusin', (event) => choose({ hovered: event.target.dataset.key ?? null }));
  plot.addEventListener('focusout', () => choose({ hovered: null }));

  const element = h('section', { class: 'panel', id: 'front', 'aria-labelledby': 'front-title' },
    h('h2', { id: 'front-title' }, selection().objectives.length > 1 ? 'Pareto front' : 'Results'), controls(), figure, note, shapes, legend);
  return { element, draw, highlight };
}

/** Which metrics, and how. */
function controls() {
  const { metrics } = selection();
  const options = (chosen) => metrics.map((name, index) => h('option', { value: index, selected: index === chosen }, name));
  const select = (id, text, chosen, change, none) =>
    h('label', { class: 'field' }, h('span', null, text), h('select', { id, change: (event) => change(event.target.value) }, none && h('option', { value: '' }, none), options(chosen)));
  const log = (id, text, name) =>
    h('label', { class: 'check' }, h('input', { id, type: 'checkbox', checked: isLog(name), change: (event) => choose({ [name === 'x' ? 'logX' : 'logY']: event.target.checked }) }), text);
  const axisChosen = (name, other, value) => {
    choose({ [name]: Number(value), [other]: null });
    // Another metric has another scale of its own.
    document.getElementById(`log-${name}`).checked = isLog(name);
  };
  return h('div', { class: 'controls' },
    h('span', { class: 'pair' }, select('axis-x', 'X axis', axis('x'), (value) => axisChosen('x', 'logX', value)), log('log-x', 'log', 'x')),
    h('span', { class: 'pair' }, select('axis-y', 'Y axis', axis('y'), (value) => axisChosen('y', 'logY', value)), log('log-y', 'log', 'y')),
    select('size', 'Point size', view.size, (value) => choose({ size: value === '' ? null : Number(value) }), 'equal'));
}

function picture(width) {
  const { metrics, constraints } = selection();
  const [xMetric, yMetric] = [axis('x'), axis('y')];
  const height = Math.round(Math.min(520, Math.max(330, width * 0.62)));
  const [top, bottom] = [30, height - 44];
  const measured = rows().filter((row) => typeof row.values[xMetric] === 'number' && typeof row.values[yMetric] === 'number');
  const values = (metric) => measured.map((row) => row.values[metric]);
  const options = (name, metric) => ({ log: isLog(name), reversed: goal(metric) === 'Minimize' });
  const y = scale(values(yMetric), { ...options('y', yMetric), from: bottom, to: top });
  const [left, right] = [roomFor(y), width - 14];
  const x = scale(values(xMetric), { ...options('x', xMetric), from: left, to: right, most: Math.max(3, Math.round(width / 110)) });
  const area = { left, top, right, bottom };

  const radius = sizes(measured);
  const visible = new Set(shown());
  const points = measured
    .filter((row) => visible.has(row))
    .map((row) => ({ row, x: x.at(row.values[xMetric]), y: y.at(row.values[yMetric]), r: radius(row) }))
    .filter((point) => Number.isFinite(point.x) && Number.isFinite(point.y));
  // What matters most is drawn last, on top.
  points.sort((a, b) => weight(a.row) - weight(b.row) || b.r - a.r);
  const colours = families();
  const marks = new Map();
  const current = points.find(({ row }) => key(row) === view.selected) ?? points.at(-1);
  const shapes = points.map((point) => {
    const { row } = point;
    const mark = s('path', {
      class: `mark ${shapeOf(row)} ${colours.get(row.family)}`,
      d: outline(shapeOf(row), point.r),
      transform: `translate(${point.x.toFixed(1)},${point.y.toFixed(1)})`,
      role: 'option',
      'aria-label': `${row.candidate}, ${roleOf(row)}: ${metrics[xMetric]} ${number(row.values[xMetric])}, ${metrics[yMetric]} ${number(row.values[yMetric])}`,
      'aria-selected': 'false',
      tabindex: point === current ? 0 : -1,
      'data-key': key(row),
    });
    marks.set(key(row), mark);
    return mark;
  });
  const names = labels(named(points), points, area);
  const svg = s('svg', { class: 'chart', width, height, viewBox: `0 0 ${width} ${height}` },
    outside(constraints, metrics, { x, y, xMetric, yMetric }, area),
    axes(x, y, area),
    s('text', { class: 'axis-title', x: 2, y: 14 }, `↑ ${title(yMetric, y)}`),
    s('text', { class: 'axis-title', x: right, y: height - 6, 'text-anchor': 'end' }, `${title(xMetric, x)} →`),
    stairs(points, x, y, area),
    s('g', { role: 'listbox', 'aria-label': `${count(points.length, 'point')}: ${metrics[yMetric]} against ${metrics[xMetric]}. Arrow keys move, Enter selects.` }, shapes),
    names);
  return { svg, points, marks, note: noteOn(points, measured, { x, y, xMetric, yMetric }) };
}

function title(metric, { log }) {
  const direction = { Maximize: 'higher is better', Minimize: 'lower is better, axis reversed' }[goal(metric)];
  const words = [direction, log && 'log'].filter(Boolean).join(', ');
  return selection().metrics[metric] + (words && ` (${words})`);
}

/** The radius of each row: by the area, so that twice the value looks twice as much. */
function sizes(measured) {
  if (view.size == null) return () => RADIUS;
  const values = measured.map((row) => row.values[view.size]).filter((value) => typeof value === 'number');
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return (row) => {
    const value = row.values[view.size];
    if (typeof value !== 'number' || high === low) return RADIUS - 1;
    return Math.sqrt(10 + ((value - low) / (high - low)) * 130);
  };
}

function weight(row) {
  return ['dash', 'cross', 'ring', 'disc', 'diamond', 'star'].indexOf(shapeOf(row));
}

/** The points to name, the most important first. */
function named(points) {
  const wanted = points.filter(({ row }) => ['star', 'diamond', 'disc'].includes(shapeOf(row)));
  const ends = new Set([wanted.reduce((a, b) => (a && a.x < b.x ? a : b), null), wanted.reduce((a, b) => (a && a.x > b.x ? a : b), null)]);
  const importance = (point) => weight(point.row) * 2 + (ends.has(point) ? 3 : 0);
  return [...wanted].sort((a, b) => importance(b) - importance(a)).map(({ x, y, r, row }) => ({ x, y, r, text: row.candidate }));
}

/** The edge of what the front dominates, where the two axes are all objectives that there are. */
function stairs(points, x, y, { left, bottom }) {
  const { objectives } = selection();
  if (objectives.length !== 2 || axis('x') === axis('y') || Math.max(axis('x'), axis('y')) > 1) return null;
  const members = points.filter(({ row }) => row.role === 'front').sort((a, b) => a.x - b.x || b.y - a.y);
  if (members.length === 0) return null;
  // Better is to the right and up, so the edge goes right at the height of a point and down at the point itself.
  const edge = [`M${left},${members[0].y.toFixed(1)}`];
  members.forEach((point, index) => {
    edge.push(`H${point.x.toFixed(1)}`, `V${(members[index + 1]?.y ?? bottom).toFixed(1)}`);
  });
  const path = edge.join('');
  return s('g', { 'aria-hidden': 'true' }, s('path', { class: 'dominated-area', d: `${path}H${left}Z` }), s('path', { class: 'stairs', d: path }));
}

/** What constraints on the metrics of the axes rule out. */
function outside(constraints, metrics, { x, y, xMetric, yMetric }, { left, top, right, bottom }) {
  const clamp = (value, a, b) => Math.min(Math.max(value, Math.min(a, b)), Math.max(a, b));
  const areas = [];
  for (const { metric, min, max } of constraints) {
    for (const [bound, below] of [[min, true], [max, false]]) {
      if (typeof bound !== 'number') continue;
      if (metric === metrics[xMetric]) {
        const [edge, at] = [x.at(below ? x.low : x.high), clamp(x.at(bound), left, right)];
        areas.push({ x: Math.min(edge, at), y: top, width: Math.abs(edge - at), height: bottom - top });
      }
      if (metric === metrics[yMetric]) {
        const [edge, at] = [y.at(below ? y.low : y.high), clamp(y.at(bound), top, bottom)];
        areas.push({ x: left, y: Math.min(edge, at), width: right - left, height: Math.abs(edge - at) });
      }
    }
  }
  return areas
    .filter(({ width, height }) => width > 0.5 && height > 0.5)
    .map((area) => s('rect', { class: 'outside', ...area }));
}

/** What the plot does not show. */
function noteOn(points, measured, { x, y, xMetric, yMetric }) {
  const { metrics } = selection();
  const notes = [];
  const without = rows().filter((row) => row.role !== 'pending').length - measured.filter((row) => row.role !== 'pending').length;
  if (without > 0) notes.push(`${count(without, 'result')} without ${metrics[xMetric]}${xMetric === yMetric ? '' : ` or ${metrics[yMetric]}`} ${without === 1 ? 'is' : 'are'} only in the table.`);
  const below = measured.filter((row) => (x.log && row.values[xMetric] <= 0) || (y.log && row.values[yMetric] <= 0)).length;
  if (below > 0) notes.push(`A log axis cannot show ${count(below, 'value')} that ${below === 1 ? 'is' : 'are'} not above 0.`);
  notes.push(...(front()?.warnings ?? []));
  const omitted = front()?.omitted ?? 0;
  if (omitted > 0) notes.push(`The front has ${omitted} further members, which the status does not list.`);
  if (points.length === 0 && measured.length > 0 && below < measured.length) notes.push('No point matches the filter.');
  if (measured.length === 0) notes.push('No result has both metrics yet.');
  if (selection().constraints.some(({ metric }) => metric === metrics[xMetric] || metric === metrics[yMetric])) notes.push('Shaded: outside the constraints.');
  return notes.join(' ');
}

/** The families, as switches; one for all that have no colour of their own. */
function familyLegend() {
  const here = new Set(rows().map((row) => row.family));
  const all = [...families()].filter(([family]) => here.has(family));
  const others = all.filter(([, colour]) => colour === OTHERS).map(([family]) => family);
  const switches = all.filter(([, colour]) => colour !== OTHERS).map(([family, colour]) => [family, colour, [family]]);
  if (others.length > 0) switches.push([others.length === 1 ? others[0] : `${others.length} other families`, OTHERS, others]);
  const toggle = (names, colour) => {
    const hidden = new Set(view.hidden);
    names.forEach(names.every((name) => hidden.has(name)) ? (name) => hidden.delete(name) : (name) => hidden.add(name));
    choose({ hidden });
    document.getElementById(`family-${colour}`)?.focus();
  };
  return switches.length > 1 && h('ul', { class: 'families', 'aria-label': 'Model families; press one to hide it' }, switches.map(([title, colour, names]) =>
    h('li', null, h('button', { type: 'button', id: `family-${colour}`, 'aria-pressed': String(!names.every((name) => view.hidden.has(name))), click: () => toggle(names, colour) },
      h('span', { class: `swatch ${colour}`, 'aria-hidden': 'true' }), title))));
}

/** Arrow keys: to the next point in the direction, by its position. */
function move(event, points, marks) {
  const at = points.findIndex(({ row }) => key(row) === event.target.dataset?.key);
  if (at < 0) return;
  const along = ['ArrowUp', 'ArrowDown'].includes(event.key) ? (point) => -point.y : (point) => point.x;
  const order = [...points].sort((a, b) => along(a) - along(b));
  const index = order.indexOf(points[at]);
  const next = { ArrowRight: index + 1, ArrowUp: index + 1, ArrowLeft: index - 1, ArrowDown: index - 1, Home: 0, End: order.length - 1 }[event.key];
  if (event.key === 'Enter' || event.key === ' ') choose({ selected: event.target.dataset.key });
  else if (event.key === 'Escape') choose({ hovered: null });
  else if (next == null) return;
  else if (order[next]) {
    event.target.setAttribute('tabindex', '-1');
    const mark = marks.get(key(order[next].row));
    mark.setAttribute('tabindex', '0');
    mark.focus();
  }
  event.preventDefault();
}
