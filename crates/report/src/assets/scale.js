// Scales: from values to pixels, with the ticks of an axis.

import { tick } from './format.js';

/**
 * The scale of an axis over `values`, from pixel `from` (the least value, or the greatest when `reversed`) to pixel `to`.
 * A logarithmic one has no place for values that are not above 0: `at` gives NaN for them.
 */
export function scale(values, { log = false, reversed = false, from, to, most = 6 }) {
  const usable = values.filter((value) => Number.isFinite(value) && (!log || value > 0));
  const [low, high] = padded(usable.length > 0 ? Math.min(...usable) : 1, usable.length > 0 ? Math.max(...usable) : 2, log);
  const [start, end] = reversed ? [high, low] : [low, high];
  const position = log ? (value) => (value > 0 ? Math.log(value / start) / Math.log(end / start) : NaN) : (value) => (value - start) / (end - start);
  const ticks = log ? logTicks(low, high, most) : linearTicks(low, high, most);
  return {
    at: (value) => from + position(value) * (to - from),
    low,
    high,
    log,
    ticks: ticks.map((value) => ({ value, label: tick(value) })),
  };
}

/** Some room at both ends, so that no point lies on an edge. */
function padded(low, high, log) {
  if (log) {
    const room = high > low ? (high / low) ** 0.06 : 1.5;
    return [low / room, high * room];
  }
  const room = high > low ? (high - low) * 0.06 : Math.abs(high) / 10 || 1;
  // What counts or measures is never below 0.
  return [low >= 0 ? Math.max(0, low - room) : low - room, high + room];
}

function linearTicks(low, high, most) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((one) => one >= rough);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
}

function logTicks(low, high, most) {
  const within = (factors) => {
    const ticks = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
      for (const factor of factors) {
        const value = factor * 10 ** power;
        if (value >= low && value <= high) ticks.push(value);
      }
    }
    return ticks;
  };
  const fine = within([1, 2, 5]);
  if (fine.length < 3) return linearTicks(low, high, most).filter((value) => value > 0);
  if (fine.length <= most + 2) return fine;
  const coarse = within([1]);
  const every = Math.ceil(coarse.length / most);
  return coarse.length >= 2 ? coarse.filter((_, index) => index % every === 0) : within([1, 3]);
}
