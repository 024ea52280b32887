// The page of one selection.

import { h } from './dom.js';
import { hasHistory, history } from './history.js';
import { detail } from './detail.js';
import { LEAST, parallel } from './parallel.js';
import { filters, head } from './head.js';
import { scatter } from './scatter.js';
import { selection } from './view.js';
import { table } from './table.js';

/** The element of the page, and the parts in it that are drawn anew when something is chosen. */
export function sections() {
  const plot = scatter();
  const panel = detail();
  const coordinates = selection().objectives.length >= LEAST && parallel();
  const growth = hasHistory() && history();
  const results = table();
  const parts = [plot, panel, coordinates, growth, results].filter(Boolean);
  const element = h('div', { class: 'sections' }, head(), filters(),
    h('div', { class: 'beside' }, plot.element, panel.element, growth && growth.element),
    coordinates && coordinates.element,
    results.element,
    manifest());
  return { element, parts };
}

/** The manifest that made it. */
function manifest() {
  return h('section', { class: 'panel', 'aria-labelledby': 'manifest-title' },
    h('details', { id: 'manifest' }, h('summary', null, h('h2', { id: 'manifest-title' }, 'Manifest')),
      h('pre', { tabindex: 0, role: 'group', 'aria-label': 'Manifest' }, h('code', null, selection().manifest))));
}
