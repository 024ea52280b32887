// The card beside a point, while the pointer is on it or it has the focus.

import { h, replace } from './dom.js';
import { duration, money, number } from './format.js';
import { glyph, shapeOf } from './marks.js';
import { families, roleOf, selection } from './view.js';

/** Most metrics and hyperparameters on the card; the panel beside the plot has all. */
const MOST = 8;

export function tooltip() {
  const element = h('div', { class: 'tooltip', role: 'tooltip', hidden: true });
  return {
    element,
    hide: () => element.setAttribute('hidden', ''),
    /** Shows `row` beside the point (x, y) of the figure, which is `width` wide. */
    show(row, x, y, width) {
      replace(element, card(row));
      element.removeAttribute('hidden');
      const { offsetWidth, offsetHeight } = element;
      const beside = x + 16 + offsetWidth <= width ? x + 16 : x - 16 - offsetWidth;
      element.style.left = `${Math.max(0, Math.min(beside, width - offsetWidth))}px`;
      element.style.top = `${Math.max(0, y - offsetHeight / 2)}px`;
    },
  };
}

function card(row) {
  const { metrics, objectives, priced } = selection();
  const values = metrics.map((name, index) => [name, row.values[index], index < objectives.length]).filter(([, value]) => typeof value === 'number');
  const more = values.length - MOST;
  return [
    h('p', { class: 'card-title' }, glyph(shapeOf(row), families().get(row.family)), h('strong', null, row.candidate)),
    h('p', { class: 'muted' }, `${row.family} · ${roleOf(row)}`),
    list(values.slice(0, MOST).map(([name, value, main]) => [name, number(value), main])),
    more > 0 && h('p', { class: 'muted' }, `and ${more} more`),
    list(Object.entries(row.parameters ?? {}).slice(0, MOST)),
    typeof row.seconds === 'number' && h('p', { class: 'muted' }, duration(row.seconds), priced && typeof row.cost === 'number' ? ` · cost ${money(row.cost)}` : ''),
    row.role !== 'front' && row.message && h('p', { class: 'card-message' }, row.message.slice(0, 200)),
  ];
}

function list(entries) {
  return entries.length > 0 && h('dl', null, entries.map(([name, value, main]) => [h('dt', { class: main && 'main' }, name), h('dd', { class: main && 'main' }, value)]));
}
