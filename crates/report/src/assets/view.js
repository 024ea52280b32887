// What the reader has chosen, and what follows from it and the model. The model may be replaced; the choices stay.

/** How many families have a colour of their own; the others share a grey. */
const COLOURS = 8;

export const view = {
  model: null,
  /** '{namespace}/{name}' of the selection shown. */
  selection: null,
  dataset: null,
  // Metrics of the axes and of the size of points, by index; null is the default, and no metric for the size.
  x: null,
  y: null,
  size: null,
  // Whether an axis is logarithmic; null is what the objective asks for.
  logX: null,
  logY: null,
  text: '',
  show: 'all',
  /** Families that are left out. */
  hidden: new Set(),
  sort: { column: 'rank', descending: false },
  /** Columns of the table by key; null is the default. */
  columns: null,
  /** Keys of rows. */
  selected: null,
  hovered: null,
};

const listeners = [];

/** Has `listener` called with the names of what has changed. */
export function listen(listener) {
  listeners.push(listener);
}

/** Changes what is chosen. */
export function choose(changes) {
  const changed = Object.keys(changes).filter((name) => view[name] !== changes[name]);
  Object.assign(view, changes);
  if (changed.length > 0) listeners.forEach((listener) => listener(new Set(changed)));
}

export function selection() {
  const all = view.model.selections;
  return all.find((one) => path(one) === view.selection) ?? all[0];
}

export function path({ namespace, name }) {
  return `${namespace}/${name}`;
}

export function dataset() {
  const { datasets } = selection();
  return datasets.includes(view.dataset) ? view.dataset : datasets[0];
}

export function front() {
  return selection().fronts.find((one) => one.dataset === dataset());
}

/** All rows of the dataset. */
export function rows() {
  return selection().runs.filter((row) => row.dataset === dataset());
}

/** The rows that the filters let through. */
export function shown() {
  const words = view.text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows().filter((row) => SHOW[view.show].test(row) && !view.hidden.has(row.family) && words.every((word) => searchableText(row).includes(word)));
}

/** What "Show" offers. */
export const SHOW = {
  all: { name: 'All results', test: () => true },
  front: { name: 'On the front', test: (row) => row.role === 'front' },
  considered: { name: 'Front and dominated', test: (row) => row.role === 'front' || row.role === 'dominated' },
  excluded: { name: 'Excluded', test: (row) => row.role === 'infeasible' || row.role === 'excluded' },
  pending: { name: 'Not finished', test: (row) => row.role === 'pending' },
};

/** The text that the text filter searches, in lower case. */
function searchableText(row) {
  const parameters = Object.entries(row.parameters ?? {}).map(([name, value]) => `${name}=${value}`);
  const words = [row.candidate, row.family, row.model, row.state, row.reason, row.message, roleOf(row), row.instance, ...parameters];
  return words.filter(Boolean).join('\n').toLowerCase();
}

/** What tells a row from all others of its selection, also in a newer model. */
export function key(row) {
  return [row.dataset, row.candidate, row.kind === 'trial' ? row.trainingJob : ''].join('/');
}

export function byKey(wanted) {
  return wanted == null ? undefined : selection().runs.find((row) => key(row) === wanted);
}

export function recommended() {
  const index = front()?.recommended;
  return index == null ? undefined : selection().runs[index];
}

/** How a row stands to the front, in words. */
export function roleOf(row) {
  const observed = row.kind === 'observed' ? ', measured elsewhere' : '';
  if (row === recommended()) return `recommended${observed}`;
  if (row.role === 'front') return `on the front${observed}`;
  if (row.role === 'dominated') return (row.rank > 0 ? `dominated, rank ${row.rank}` : 'dominated') + observed;
  if (row.role === 'infeasible') return `infeasible${observed}`;
  if (row.role === 'excluded') return `${row.state === 'Failed' || row.state === 'Stopped' ? row.state.toLowerCase() : 'excluded'}${observed}`;
  return (row.state || 'waiting').toLowerCase();
}

/** What the families that share a grey are called together. */
export const OTHERS = 'other';

/** Families by their size, each with the class that colours it. */
export function families() {
  const sizes = new Map();
  for (const row of selection().runs) sizes.set(row.family, (sizes.get(row.family) ?? 0) + 1);
  const sorted = [...sizes.keys()].sort((a, b) => sizes.get(b) - sizes.get(a) || (a < b ? -1 : 1));
  return new Map(sorted.map((family, index) => [family, index < COLOURS ? `f${index}` : OTHERS]));
}

/** The metric of an axis, by index: what was chosen, or an objective. Throughput or cost to the right, quality upwards. */
export function axis(name) {
  const { objectives, metrics } = selection();
  const chosen = view[name];
  if (chosen != null && chosen < metrics.length) return chosen;
  if (name === 'y' || metrics.length === 1) return 0;
  return objectives.length > 1 ? 1 : Math.min(1, metrics.length - 1);
}

export function isLog(name) {
  const chosen = name === 'x' ? view.logX : view.logY;
  return chosen ?? selection().objectives[axis(name)]?.logarithmic ?? false;
}

/** The goal of a metric: of an objective, or undefined. */
export function goal(metric) {
  return selection().objectives[metric]?.goal;
}

/** Hours of all instances that are billed for the best training job. */
export function billed(row) {
  return typeof row.billable === 'number' ? row.billable * (row.instances ?? 1) : undefined;
}

export function total(all, value) {
  const known = all.map(value).filter((one) => typeof one === 'number');
  return known.length === 0 ? undefined : known.reduce((sum, one) => sum + one, 0);
}
