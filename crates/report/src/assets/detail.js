// All that is known of one result: the one that was selected, else the recommended one.

import { h, link, replace } from './dom.js';
import { duration, money, number } from './format.js';
import { byKey, choose, dataset, families, front, key, recommended, roleOf, selection, view } from './view.js';
import { glyph, shapeOf } from './marks.js';

export function detail() {
  const element = h('aside', { class: 'panel detail', id: 'detail', 'aria-labelledby': 'detail-title' });
  const draw = () => {
    const chosen = byKey(view.selected);
    const row = chosen && chosen.dataset === dataset() ? chosen : recommended();
    replace(element, row ? card(row) : [h('h2', { id: 'detail-title' }, 'No result yet'), h('p', { class: 'muted' }, 'The recommended result appears here when a run has succeeded.')]);
  };
  const highlight = (changed) => changed?.has('selected') && draw();
  return { element, draw, highlight };
}

function card(row) {
  const best = row === recommended();
  const { metrics, objectives } = selection();
  const value = (index) => (row.notFinite?.includes(index) ? 'not finite' : number(row.values[index]));
  const known = metrics.map((name, index) => [name, value(index)]).filter(([, text]) => text !== '–');
  const main = known.filter(([name]) => objectives.some(({ metric }) => metric === name));
  const others = known.filter((entry) => !main.includes(entry));
  return [
    h('p', { class: 'eyebrow' }, best ? 'Recommended' : 'Selected', !best && recommended() && h('button', { type: 'button', class: 'quiet', id: 'back', click: () => choose({ selected: null }) }, 'back to recommended')),
    h('h2', { id: 'detail-title' }, glyph(shapeOf(row), families().get(row.family)), h('span', null, row.candidate)),
    h('p', { class: 'muted' }, `${row.family} · ${roleOf(row)}`),
    best && front()?.why && h('p', null, front().why),
    row.message && row.role !== 'front' && h('p', { class: 'message' }, row.reason && h('strong', null, `${row.reason}: `), row.message),
    row.beatenBy?.length > 0 && h('p', null, `Beaten in every objective by ${row.beatenBy.join(', ')}.`),
    h('dl', { class: 'figures' }, main.map(([name, text]) => h('div', null, h('dt', null, name), h('dd', null, text)))),
    best && alternatives(),
    block('Tuned hyperparameters', Object.entries(row.parameters ?? {})),
    block('Other metrics', others),
    block('Time and cost', timeAndCost(row)),
    block('Model', made(row), 'long'),
  ];
}

function alternatives() {
  const { runs } = selection();
  const others = front()?.alternatives ?? [];
  return others.length > 0 && h('div', { class: 'block' }, h('h3', null, 'Alternatives'), h('ul', { class: 'alternatives' }, others.map(({ run, message }) =>
    h('li', null, h('button', { type: 'button', class: 'quiet', click: () => choose({ selected: key(runs[run]) }) }, runs[run].candidate), h('span', null, message)))));
}

function block(title, entries, kind = 'pairs') {
  return entries.length > 0 && h('div', { class: 'block' }, h('h3', null, title), h('dl', { class: kind }, entries.map(([name, value]) => h('div', null, h('dt', null, name), h('dd', null, value)))));
}

function timeAndCost(row) {
  const { priced } = selection();
  return [
    ['training time', typeof row.seconds === 'number' && duration(row.seconds)],
    ['billed time', typeof row.billable === 'number' && `${duration(row.billable)}${row.instances > 1 ? ` × ${row.instances} instances` : ''}`],
    ['instance', row.instance],
    ['cost', priced && typeof row.cost === 'number' && money(row.cost)],
    ['cost of all training jobs', typeof row.search?.cost === 'number' && money(row.search.cost)],
    ['training jobs', row.trials && `${row.trials[0]} of ${row.trials[1]} completed`],
  ].filter(([, value]) => value);
}

function made(row) {
  const { console } = selection();
  const job = (base, name) => name && (base ? link(base + encodeURIComponent(name), name) : name);
  return [
    ['JumpStart model', row.model && `${row.model}${row.version ? ` ${row.version}` : ''}`],
    ['tuning job', job(console?.tuning, row.tuningJob)],
    ['training job', job(console?.training, row.trainingJob)],
    ['artifact', row.artifact && h('code', null, row.artifact)],
  ].filter(([, value]) => value);
}
