// The two axes of a plot, with a light grid.

import { s } from './dom.js';

/**
 * The axes of the area { left, top, right, bottom }. Ticks of x that would touch the one before are left out.
 * @param xLabel how a tick of x is written; default: as its scale says
 */
export function axes(x, y, { left, top, right, bottom }, xLabel) {
  let end = -Infinity;
  const xTicks = [...x.ticks].sort((a, b) => x.at(a.value) - x.at(b.value)).map(({ value, label }) => {
    const at = x.at(value);
    const text = xLabel ? xLabel(value) : label;
    const half = (text.length * 7) / 2;
    if (at - half < end + 6 || at + half > right + 16) return null;
    end = at + half;
    return s('g', { transform: `translate(${at.toFixed(1)},0)` },
      s('line', { class: 'grid', y1: top, y2: bottom }),
      s('text', { class: 'tick', y: bottom + 18, 'text-anchor': 'middle' }, text));
  });
  const yTicks = y.ticks.map(({ value, label }) =>
    s('g', { transform: `translate(0,${y.at(value).toFixed(1)})` },
      s('line', { class: 'grid', x1: left, x2: right }),
      s('text', { class: 'tick', x: left - 8, dy: '0.32em', 'text-anchor': 'end' }, label)));
  return s('g', { class: 'axes', 'aria-hidden': 'true' }, xTicks, yTicks,
    s('path', { class: 'axis', d: `M${left},${top}V${bottom}H${right}` }));
}

/** Room on the left for the labels of y. */
export function roomFor(scale) {
  return 18 + 7 * Math.max(...scale.ticks.map(({ label }) => label.length), 2);
}
