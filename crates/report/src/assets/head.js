// What comes first: how the selection stands, its figures, and what filters everything below.

import { h } from './dom.js';
import { count, duration, money, number, time } from './format.js';
import { billed, choose, dataset, front, rows, selection, SHOW, total, view } from './view.js';

export function badge({ word, tone }) {
  return h('span', { class: `badge ${tone}` }, h('span', { class: 'dot', 'aria-hidden': 'true' }), word);
}

export function head() {
  const { namespace, name, verdict } = selection();
  return h('header', { class: 'head' },
    h('p', { class: 'eyebrow' }, namespace ? `Model selection in ${namespace}` : 'Model selection'),
    h('div', { class: 'title' }, h('h1', null, name), badge(verdict)),
    verdict.message && h('p', { class: 'verdict' }, verdict.message),
    figures());
}

function figures() {
  const { counts, runs, started, completed, priced } = selection();
  const own = runs.filter((row) => row.kind === 'run');
  const now = view.model.generated ?? Date.now() / 1000;
  const ended = counts ? counts.succeeded + counts.failed + counts.stopped : 0;
  const here = front();
  // Known for all runs or not at all: a sum of both would be neither.
  const whole = own.some((row) => row.search) && own.every((row) => row.search || typeof row.billable !== 'number');
  const instanceTime = whole ? (row) => row.search?.billed : billed;
  const cost = whole ? (row) => row.search?.cost : (row) => row.cost;
  const of = whole ? 'all training jobs of each run' : 'only the best training job of each run; the others cost extra';
  const all = [
    ['Runs finished', counts ? `${ended} of ${counts.total}` : '–'],
    ['On the front', here ? String(here.members.length + here.omitted) : '–'],
    counts?.failed > 0 && ['Failed', String(counts.failed)],
    counts?.waiting > 0 && ['Waiting', String(counts.waiting)],
    typeof here?.hypervolume === 'number' && ['Hypervolume', number(here.hypervolume)],
    started && ['Elapsed', duration((completed ?? now) - started)],
    ['Instance time', duration(total(own, instanceTime))],
    priced && ['Cost', money(total(own, cost))],
  ].filter(Boolean);
  return [
    h('dl', { class: 'stats' }, all.map(([name, value]) => h('div', null, h('dt', null, name), h('dd', null, value)))),
    h('p', { class: 'muted small' }, `${priced ? 'Instance time and cost (by spec.prices) count' : 'Instance time counts'} ${of}.`,
      started ? ` Started ${time(started)}` : '', completed ? `, completed ${time(completed)}.` : started ? '.' : ''),
  ];
}

/** The dataset and the filters, for all plots and the table. */
export function filters() {
  const { datasets } = selection();
  const chosen = dataset();
  const tab = (name) => h('button', { type: 'button', id: `dataset-${name}`, 'aria-pressed': String(name === chosen), click: () => choose({ dataset: name, selected: null }) }, name);
  return h('div', { class: 'filters', role: 'search', 'aria-label': 'Filters' },
    datasets.length > 1 && h('div', { class: 'tabs', role: 'group', 'aria-label': 'Dataset' }, datasets.map(tab)),
    h('label', { class: 'field grow' }, h('span', null, 'Filter'), h('input', { id: 'filter', type: 'search', value: view.text, placeholder: 'model, reason, learning_rate=0.001', autocomplete: 'off', spellcheck: 'false', input: (event) => choose({ text: event.target.value }) })),
    h('label', { class: 'field' }, h('span', null, 'Show'), h('select', { id: 'show', change: (event) => choose({ show: event.target.value }) },
      Object.entries(SHOW).map(([key, { name, test }]) => h('option', { value: key, selected: key === view.show }, `${name} (${rows().filter(test).length})`)))));
}

/** The title of a page that only lists selections. */
export function listHead() {
  return h('header', { class: 'head' }, h('p', { class: 'eyebrow' }, 'Model selection'), h('div', { class: 'title' }, h('h1', null, count(view.model.summaries.length, 'selection'))));
}
