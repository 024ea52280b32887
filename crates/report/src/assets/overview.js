// The list of selections.

import { h } from './dom.js';
import { duration, time } from './format.js';
import { path, selection, view } from './view.js';
import { badge } from './head.js';

export function overview() {
  const { summaries, selections, generated } = view.model;
  if (summaries.length === 0) return h('p', { class: 'panel muted' }, 'No ModelSelection yet. It appears here when you apply one.');
  const now = generated ?? Date.now() / 1000;
  const here = selections.length > 0 && path(selection());
  const line = (one) => {
    const { counts, front, started, completed } = one;
    const ended = counts ? counts.succeeded + counts.failed + counts.stopped : 0;
    return h('tr', { class: path(one) === here && 'selected' },
      h('th', { scope: 'row' }, h('a', { href: one.href, 'aria-current': path(one) === here && 'true' }, one.name), h('span', { class: 'muted namespace' }, ` ${one.namespace}`)),
      h('td', null, badge(one.verdict)),
      h('td', { class: 'number' }, counts ? `${ended}/${counts.total}` : '–'),
      h('td', { class: 'number' }, counts?.failed ?? '–'),
      h('td', { class: 'number' }, front.length > 0 ? front.join(', ') : '–'),
      h('td', null, [...new Set(one.recommended)].join(', ') || '–'),
      h('td', { class: 'number', title: time(started) }, started ? duration((completed ?? now) - started) : '–'));
  };
  const titles = [['Selection'], ['State'], ['Runs', true], ['Failed', true], ['Front', true], ['Recommended'], ['Elapsed', true]];
  return h('section', { class: 'panel', id: 'selections', 'aria-labelledby': 'selections-title' }, h('h2', { id: 'selections-title', class: !here && 'hidden' }, 'Selections'),
    h('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': 'Table of selections' },
      h('table', { class: 'list' }, h('thead', null, h('tr', null, titles.map(([title, isNumber]) => h('th', { scope: 'col', class: isNumber && 'number' }, title)))), h('tbody', null, summaries.map(line)))));
}
