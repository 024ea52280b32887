// The marks of plots. What a result is shows in the shape, so that no meaning is carried by colour alone.

import { h, s } from './dom.js';
import { recommended } from './view.js';

/** The shapes, with their meaning for the legend. */
export const SHAPES = {
  star: 'recommended',
  disc: 'on the front',
  ring: 'dominated',
  cross: 'infeasible or excluded',
  diamond: 'measured elsewhere',
  dash: 'not finished',
};

export function shapeOf(row) {
  if (row.kind === 'observed') return 'diamond';
  if (row === recommended()) return 'star';
  if (row.role === 'front') return 'disc';
  return { dominated: 'ring', pending: 'dash' }[row.role] ?? 'cross';
}

/** The outline of a shape around (0, 0) that fills a circle of radius `r` about as much as any other. */
export function outline(shape, r) {
  if (shape === 'star') return star(r * 1.75, r * 0.75);
  if (shape === 'dash') return `M${-r},0H${r}`;
  if (shape === 'diamond') return `M0,${-r * 1.3}L${r * 1.3},0L0,${r * 1.3}L${-r * 1.3},0Z`;
  if (shape === 'cross') return `M${-r * 0.8},${-r * 0.8}L${r * 0.8},${r * 0.8}M${-r * 0.8},${r * 0.8}L${r * 0.8},${-r * 0.8}`;
  return `M${-r},0A${r},${r} 0 1 0 ${r},0A${r},${r} 0 1 0 ${-r},0Z`;
}

function star(outer, inner) {
  const corner = (index) => {
    const angle = (Math.PI * index) / 5 - Math.PI / 2;
    const radius = index % 2 === 0 ? outer : inner;
    return `${(radius * Math.cos(angle)).toFixed(2)},${(radius * Math.sin(angle)).toFixed(2)}`;
  };
  return `M${Array.from({ length: 10 }, (_, index) => corner(index)).join('L')}Z`;
}

/** The mark of a row as a picture in text; the words stand beside it. */
export function glyph(shape, colour) {
  return s('svg', { class: `glyph ${shape} ${colour ?? ''}`, viewBox: '-8 -8 16 16', width: 16, height: 16, 'aria-hidden': 'true' },
    s('path', { d: outline(shape, shape === 'star' ? 4.4 : 4.8) }));
}

/** What the shapes mean. */
export function shapesLegend(used) {
  const entry = ([shape, meaning]) => h('li', null, glyph(shape, shape === 'disc' || shape === 'star' ? 'plain' : ''), meaning);
  return h('ul', { class: 'shapes', 'aria-label': 'Shapes' }, Object.entries(SHAPES).filter(([shape]) => used.has(shape)).map(entry));
}
