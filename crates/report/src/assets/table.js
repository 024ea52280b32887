// The table of all results: the equivalent of every picture.

import { h, link, replace } from './dom.js';
import { count, duration, money, number } from './format.js';
import { billed, choose, dataset, families, key, roleOf, rows, selection, shown, total, view } from './view.js';
import { glyph, shapeOf } from './marks.js';
import { csv, download } from './csv.js';

/** Most hyperparameters that are columns unless asked for. */
const PARAMETERS = 4;

export function table() {
  const body = h('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': 'Table of results' });
  const countLine = h('p', { class: 'muted', role: 'status' });
  let lines = new Map();
  const draw = () => {
    const drawn = content();
    lines = drawn.lines;
    const [x, y] = [body.scrollLeft, body.scrollTop];
    replace(body, drawn.element);
    body.scrollTo(x, y);
    countLine.textContent = `${shown().length} of ${count(rows().length, 'result')}`;
    highlight();
  };
  const highlight = () => {
    for (const [id, line] of lines) {
      line.classList.toggle('hovered', id === view.hovered);
      line.classList.toggle('selected', id === view.selected);
    }
  };
  const save = () => download(csv(sorted()), `${selection().namespace}-${selection().name}-${dataset()}.csv`);
  const element = h('section', { class: 'panel', id: 'runs', 'aria-labelledby': 'runs-title' },
    h('div', { class: 'panel-head' }, h('h2', { id: 'runs-title' }, 'Results'), countLine,
      h('div', { class: 'actions' }, picker(), h('button', { type: 'button', id: 'csv', click: save }, 'Download CSV'))),
    body);
  return { element, draw, highlight };
}

/** All columns: key, title, text and what it is sorted by. */
function columns() {
  const { objectives, metrics, parameters, priced } = selection();
  const colour = families();
  const name = (row) => h('button', { type: 'button', class: 'quiet', id: `row-${key(row)}`, click: () => choose({ selected: key(row) }) }, row.kind === 'trial' ? row.trainingJob : row.candidate);
  const all = [
    { key: 'candidate', title: 'Candidate', cell: (row) => h('span', { class: 'named' }, glyph(shapeOf(row), colour.get(row.family)), name(row)), by: (row) => row.candidate, main: true },
    { key: 'rank', title: 'Status', cell: roleOf, by: standing, main: true, whole: true },
    { key: 'family', title: 'Family', cell: (row) => row.family, by: (row) => row.family },
    ...metrics.map((metric, index) => ({
      key: `m${index}`, title: metric, number: true, main: index < objectives.length, goal: objectives[index]?.goal,
      cell: (row) => (row.notFinite?.includes(index) ? 'not finite' : number(row.values[index])), by: (row) => row.values[index], exact: (row) => row.values[index],
    })),
    ...parameters.map((parameter, index) => ({
      key: `p${parameter}`, title: parameter, number: true, main: index < PARAMETERS,
      cell: (row) => row.parameters?.[parameter] ?? '–', by: (row) => numeric(row.parameters?.[parameter]),
    })),
    { key: 'time', title: 'Training time', number: true, main: true, cell: (row) => duration(row.seconds), by: (row) => row.seconds, foot: (all) => duration(total(all, (row) => row.seconds)) },
    { key: 'billed', title: 'Billed, all instances', number: true, cell: (row) => duration(billed(row)), by: billed, foot: (all) => duration(total(all, billed)) },
    priced && { key: 'cost', title: 'Cost', number: true, main: true, cell: (row) => money(row.cost), by: (row) => row.cost, foot: (all) => money(total(all, (row) => row.cost)) },
    { key: 'search-time', title: 'Billed, all training jobs', number: true, cell: (row) => duration(row.search?.billed), by: (row) => row.search?.billed, foot: (all) => duration(total(all, (row) => row.search?.billed)) },
    priced && { key: 'search-cost', title: 'Cost, all training jobs', number: true, main: true, cell: (row) => money(row.search?.cost), by: (row) => row.search?.cost, foot: (all) => money(total(all, (row) => row.search?.cost)) },
    { key: 'instance', title: 'Instance', cell: (row) => row.instance ?? '–', by: (row) => row.instance },
    { key: 'trials', title: 'Training jobs', number: true, cell: (row) => (row.trials ? `${row.trials[0]}/${row.trials[1]}` : '–'), by: (row) => row.trials?.[0] },
    { key: 'model', title: 'Model', cell: (row) => (row.model ? `${row.model} ${row.version ?? ''}` : '–'), by: (row) => row.model },
    { key: 'job', title: 'Tuning job', main: true, cell: job, by: (row) => row.tuningJob },
    { key: 'why', title: 'Why', main: true, wide: true, cell: (row) => row.message ?? '', by: (row) => row.message },
  ].filter(Boolean);
  // A column in which nobody has anything says nothing.
  return all.filter((column) => column.key === 'rank' || rows().some((row) => column.by(row) != null && column.by(row) !== ''));
}

function job(row) {
  const base = selection().console?.tuning;
  if (!row.tuningJob) return '–';
  return base ? link(base + encodeURIComponent(row.tuningJob), row.tuningJob) : row.tuningJob;
}

function numeric(text) {
  return text != null && text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

function standing(row) {
  const order = { front: 0, dominated: 1, pending: 3, infeasible: 4, excluded: 5 }[row.role];
  return order * 1000 + (row.rank ?? 0);
}

function chosen() {
  return columns().filter((column) => (view.columns ? column.key === 'candidate' || view.columns.has(column.key) : column.main));
}

/** The rows shown, in the order of the table. */
function sorted() {
  const column = columns().find((one) => one.key === view.sort.column);
  if (!column) return shown();
  const { descending } = view.sort;
  const compare = (a, b) => (typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), 'en', { numeric: true }));
  return [...shown()].sort((one, other) => {
    const [a, b] = [column.by(one), column.by(other)];
    // What has no value comes last, in either order.
    if (a == null || b == null) return (a == null) - (b == null);
    const objective = typeof one.values[0] === 'number' && typeof other.values[0] === 'number' ? other.values[0] - one.values[0] : 0;
    return (descending ? compare(b, a) : compare(a, b)) || objective;
  });
}

function content() {
  const all = chosen();
  const lines = new Map();
  const sort = ({ key: column, number: isNumber, goal }) => {
    // Of numbers the best first, which is the greatest unless the objective says otherwise.
    const first = isNumber && goal !== 'Minimize';
    choose({ sort: { column, descending: view.sort.column === column ? !view.sort.descending : first } });
    document.getElementById(`sort-${column}`)?.focus();
  };
  const head = all.map((column) => {
    const order = view.sort.column === column.key ? (view.sort.descending ? 'descending' : 'ascending') : null;
    const arrow = { ascending: '▲', descending: '▼' }[order] ?? '';
    return h('th', { scope: 'col', class: column.number && 'number', 'aria-sort': order },
      h('button', { type: 'button', id: `sort-${column.key}`, click: () => sort(column) }, column.title, h('span', { 'aria-hidden': 'true', class: 'arrow' }, arrow)));
  });
  const found = sorted();
  const body = found.map((row) => {
    const cells = all.map((column, index) => {
      const properties = { class: [column.number && 'number', column.wide && 'wide', column.whole && 'whole'].filter(Boolean).join(' ') || null, title: column.exact?.(row) };
      return index === 0 ? h('th', { scope: 'row', ...properties }, column.cell(row)) : h('td', properties, column.cell(row));
    });
    const line = h('tr', {
      class: row.role,
      pointerenter: () => choose({ hovered: key(row) }),
      pointerleave: () => choose({ hovered: null }),
    }, cells);
    lines.set(key(row), line);
    return line;
  });
  if (rows().length === 0) return { element: h('p', { class: 'muted' }, 'No runs yet.'), lines };
  const sums = all.map((column, index) => h('td', { class: column.number && 'number' }, index === 0 ? 'Total' : column.foot?.(found)));
  const element = h('table', null, h('thead', null, h('tr', null, head)), h('tbody', null, body),
    found.length > 1 && all.some((column) => column.foot) && h('tfoot', null, h('tr', null, sums)));
  return { element, lines };
}

/** Which columns to show. */
function picker() {
  const all = columns().filter((column) => column.key !== 'candidate');
  const toggle = (column, on) => {
    const keys = new Set(chosen().map((one) => one.key));
    if (on) keys.add(column.key);
    else keys.delete(column.key);
    choose({ columns: keys });
  };
  const shownNow = new Set(chosen().map((column) => column.key));
  return h('details', { class: 'menu', id: 'columns' }, h('summary', null, 'Columns'),
    h('fieldset', null, h('legend', { class: 'hidden' }, 'Columns'), all.map((column) =>
      h('label', { class: 'check' }, h('input', { type: 'checkbox', checked: shownNow.has(column.key), change: (event) => toggle(column, event.target.checked) }), column.title))));
}
