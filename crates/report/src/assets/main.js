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
  const focus = document.activeElement?.id;
  const caret = document.activeElement?.selectionStart;
  const opened = new Set([...document.querySelectorAll('details[open]')].map(({ id }) => id));
  const one = model.selections.length > 0 && sections();
  parts = one ? one.parts : [];
  replace(page,
    h('main', null,
      model.live && one && h('nav', { 'aria-label': 'Selections' }, h('a', { href: model.live.home }, '← All selections')),
      !one && listHead(),
      (model.summaries.length > 1 || !one) && overview(),
      one && one.element),
    h('footer', null, announcement, model.generated != null && h('p', null, `Made ${time(model.generated)}. `, model.live ? null : 'One file: it sends and fetches nothing.')));
  parts.forEach((part) => part.draw());
  document.querySelectorAll('details').forEach((details) => opened.has(details.id) && details.id && details.setAttribute('open', ''));
  const focused = focus && document.getElementById(focus);
  if (focused) {
    focused.focus({ preventScroll: true });
    if (typeof caret === 'number' && focused.type === 'search') focused.setSelectionRange(caret, caret);
  }
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

/** Takes newer models from the server that this page came from, for as long as it is open. */
function follow(address) {
  const source = new EventSource(address);
  source.addEventListener('model', (event) => {
    const scroll = window.scrollY;
    view.model = JSON.parse(event.data);
    build();
    window.scrollTo(0, scroll);
    say('Live. Up to date.');
  });
  source.addEventListener('error', () => say('The connection is interrupted. What is shown may be old.'));
  source.addEventListener('open', () => say('Live. Up to date.'));
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
