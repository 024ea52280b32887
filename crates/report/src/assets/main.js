// Draws the page, again when something is chosen, and again when a newer model comes.

import { h, replace } from './dom.js';
import { time } from './format.js';
import { listen, path, selection, view } from './view.js';
import { listHead } from './head.js';
import { overview } from './overview.js';
import { sections } from './sections.js';

/** Choices that change only what is emphasized. */
const EMPHASIS = new Set(['hovered', 'selected']);
/** Choices that change what the controls offer. */
const STRUCTURE = new Set(['dataset', 'selection']);

const page = document.getElementById('page');
const announcement = h('p', { class: 'live', role: 'status' });
let parts = [];

/** Builds everything from the model and what is chosen. */
function build() {
  const { model } = view;
  const restore = remember();
  const one = model.selections.length > 0 && sections();
  parts = one ? one.parts : [];
  replace(page,
    h('main', null,
      model.live && one && h('nav', { 'aria-label': 'Selections' }, h('a', { href: model.live.home }, '← All selections')),
      !one && listHead(),
      (model.summaries.length > 1 || !one) && overview(),
      one && one.element),
    h('footer', null, announcement, model.generated != null && h('p', null, `Generated ${time(model.generated)}. `, model.live ? null : 'This file makes no network requests.')));
  parts.forEach((part) => part.draw());
  restore();
}

/** What the page is like beyond the choices: focus, caret, scroll positions, what is open. Returns what restores it. */
function remember() {
  const { id, dataset, selectionStart: caret } = document.activeElement ?? {};
  const open = [...document.querySelectorAll('details[open]')].map((details) => details.id);
  const table = document.querySelector('#runs .scroll');
  const [left, top, page] = [table?.scrollLeft, table?.scrollTop, window.scrollY];
  return () => {
    open.forEach((details) => document.getElementById(details)?.setAttribute('open', ''));
    if (table) document.querySelector('#runs .scroll')?.scrollTo(left, top);
    window.scrollTo(0, page);
    const mark = () => [...document.querySelectorAll('#front .mark')].find((one) => one.dataset.key === dataset.key);
    const focused = id ? document.getElementById(id) : dataset?.key && mark();
    focused?.focus({ preventScroll: true });
    if (typeof caret === 'number' && focused?.type === 'search') focused.setSelectionRange(caret, caret);
  };
}

function draw(changed) {
  if ([...changed].some((name) => STRUCTURE.has(name))) build();
  else if ([...changed].every((name) => EMPHASIS.has(name))) parts.forEach((part) => part.highlight(changed));
  else parts.forEach((part) => part.draw());
}

/** The selection that the address names, of several. */
function fromAddress() {
  const wanted = decodeURIComponent(location.hash.slice(1));
  if (view.model.selections.some((one) => path(one) === wanted) && wanted !== view.selection) {
    Object.assign(view, { selection: wanted, dataset: null, selected: null, x: null, y: null, size: null, logX: null, logY: null, columns: null, hidden: new Set() });
    build();
  }
}

/** How long to wait before a stream that the server refused is asked for again. */
const AGAIN = 5000;

/** The text of the newest model. */
let last = document.getElementById('model').textContent;

/** Takes newer models from the server that this page came from, for as long as it is open. */
function follow(address) {
  const source = new EventSource(address);
  source.addEventListener('model', (event) => {
    if (event.data !== last) {
      last = event.data;
      view.model = JSON.parse(event.data);
      build();
    }
    say('Live: up to date.');
  });
  source.addEventListener('gone', (event) => {
    source.close();
    say(event.data);
  });
  source.addEventListener('error', () => {
    say('Connection lost, reconnecting. The page may be out of date.');
    // A browser gives up when the server answers with an error, as one that is just starting does.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => follow(address), AGAIN);
  });
  source.addEventListener('open', () => say('Live: up to date.'));
}

function say(text) {
  if (announcement.textContent !== text) announcement.textContent = text;
}

view.model = JSON.parse(document.getElementById('model').textContent);
listen(draw);
build();
fromAddress();
window.addEventListener('hashchange', fromAddress);
// Only a change of the width asks for other positions.
let width = page.clientWidth;
new ResizeObserver(() => {
  if (page.clientWidth !== width) {
    width = page.clientWidth;
    parts.forEach((part) => part.draw());
  }
}).observe(page);
// On paper, everything that can be opened is open.
window.addEventListener('beforeprint', () => document.querySelectorAll('#manifest').forEach((details) => details.setAttribute('open', '')));
if (view.model.live) follow(view.model.live.events);
