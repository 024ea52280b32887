// The colours: contrast (WCAG 2.2) and whether families differ for people who see fewer colours.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';

const text = fs.readFileSync(new URL('../../src/assets/colours.css', import.meta.url), 'utf8');
const themes = Object.fromEntries([...text.matchAll(/:root \{([^}]*)\}/g)].map(([, body], index) => [
  ['light', 'dark', 'print'][index],
  Object.fromEntries([...body.matchAll(/--([\w-]+): #([0-9a-f]{6})/g)].map(([, name, hex]) => [name, [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)])),
]));

// Paper has the light theme, but for what differs.
themes.print = { ...themes.light, ...themes.print };

const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
const contrast = (a, b) => {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
};

// How the colours look without one kind of cone: Machado, Oliveira and Fernandes 2009, severity 1.
const SIGHT = {
  full: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};
const times = (matrix, vector) => matrix.map((row) => row.reduce((sum, factor, index) => sum + factor * vector[index], 0));

/** Oklab, in which equal distances look about equal. */
function oklab(rgb) {
  const cones = times([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]], rgb).map(Math.cbrt);
  return times([[0.2104542553, 0.793617785, -0.0040720468], [1.9779984951, -2.428592205, 0.4505937099], [0.0259040371, 0.7827717662, -0.8086757660]], cones);
}

/** Between colours that are told apart side by side; black and white are 1 apart. */
const LEAST = 0.07;
const families = ['f0', 'f1', 'f2', 'f3', 'f4', 'f5', 'f6', 'f7'];

for (const [theme, colours] of Object.entries(themes)) {
  test(`${theme}: contrast`, () => {
    for (const ground of ['ground', 'panel', 'soft']) {
      for (const name of ['ink', 'muted', 'accent', 'good', 'busy', 'idle', 'bad']) {
        const is = contrast(colours[name], colours[ground]);
        assert.ok(is >= 4.5, `text ${name} on ${ground}: ${is.toFixed(2)}`);
      }
    }
    for (const name of [...families, 'other', 'faint', 'control']) {
      const is = contrast(colours[name], colours.panel);
      assert.ok(is >= 3, `mark ${name}: ${is.toFixed(2)}`);
    }
  });
  test(`${theme}: families differ for every kind of sight`, () => {
    for (const [sight, matrix] of Object.entries(SIGHT)) {
      const seen = families.map((name) => oklab(times(matrix, colours[name].map(linear)).map((value) => Math.min(1, Math.max(0, value)))));
      seen.forEach((one, index) => seen.slice(0, index).forEach((other, before) => {
        const distance = Math.hypot(...one.map((value, at) => value - other[at]));
        assert.ok(distance >= LEAST, `${families[before]} and ${families[index]} with ${sight}: ${distance.toFixed(3)}`);
      }));
    }
  });
}
