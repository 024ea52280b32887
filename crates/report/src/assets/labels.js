// Names beside points, as many as have room.

import { s } from './dom.js';
import { shorten } from './format.js';

const HEIGHT = 14;
const FONT = '12px ';

/**
 * Labels for `wanted`, the most important first: [{ x, y, r, text }]. Each goes where it covers no mark, no other label and
 * no edge; the one that finds no such place is left out.
 */
export function labels(wanted, marks, { left, top, right, bottom }) {
  const taken = marks.map(({ x, y, r }) => box(x - r, y - r, 2 * r, 2 * r));
  const placed = [];
  for (const { x, y, r, text } of wanted) {
    const name = shorten(text, right - left > 600 ? 36 : 26);
    const width = widthOf(name);
    const gap = r + 5;
    const places = [
      [x + gap, y - HEIGHT / 2, 'start', x + gap],
      [x - gap - width, y - HEIGHT / 2, 'end', x - gap],
      [x + gap * 0.7, y - gap - HEIGHT * 0.8, 'start', x + gap * 0.7],
      [x - gap * 0.7 - width, y - gap - HEIGHT * 0.8, 'end', x - gap * 0.7],
      [x - gap * 0.7 - width, y + gap * 0.7, 'end', x - gap * 0.7],
      [x + gap * 0.7, y + gap * 0.7, 'start', x + gap * 0.7],
    ];
    const free = places.find(([at, above]) =>
      at >= left + 2 && at + width <= right && above >= top && above + HEIGHT <= bottom && !taken.some((other) => overlap(other, box(at, above, width, HEIGHT))));
    if (!free) continue;
    const [at, above, anchor, foot] = free;
    taken.push(box(at, above, width, HEIGHT));
    placed.push(s('text', { class: 'name', x: foot.toFixed(1), y: (above + HEIGHT - 3).toFixed(1), 'text-anchor': anchor }, name));
  }
  return s('g', { class: 'names', 'aria-hidden': 'true' }, placed);
}

let pen;

/** The width of a text as the page writes it. */
function widthOf(text) {
  if (!pen) {
    pen = document.createElement('canvas').getContext('2d');
    pen.font = FONT + getComputedStyle(document.body).fontFamily;
  }
  return pen.measureText(text).width;
}

function box(x, y, width, height) {
  return { x, y, right: x + width, bottom: y + height };
}

function overlap(a, b) {
  return a.x < b.right && b.x < a.right && a.y < b.bottom && b.y < a.bottom;
}
