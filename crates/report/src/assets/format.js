// Numbers, times and money as people read them. Always in English, so that a page reads the same everywhere.

const plain = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 });
const compact = new Intl.NumberFormat('en', { maximumSignificantDigits: 4, notation: 'compact' });
const scientific = new Intl.NumberFormat('en', { maximumSignificantDigits: 3, notation: 'scientific' });
const cents = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** Four significant digits: 0.9642, 27.4, 195.6M. */
export function number(value) {
  if (typeof value !== 'number') return '–';
  const size = Math.abs(value);
  if (size >= 1e5 && size < 1e15) return compact.format(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e15)) return scientific.format(value).replace('E', 'e');
  return plain.format(value);
}

/** The labels of an axis, which need as many digits as tell neighbours apart. */
export function tick(value) {
  return number(Number(value.toPrecision(10)));
}

/** Seconds as hours, minutes or seconds. */
export function duration(seconds) {
  if (typeof seconds !== 'number') return '–';
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400 && seconds % 3600 !== 0) return `${plain.format(Math.round(seconds / 6) / 10)} min`;
  return `${plain.format(Math.round(seconds / 36) / 100)} h`;
}

/** An amount in the currency of spec.prices, which is not told. */
export function money(value) {
  if (typeof value !== 'number') return '–';
  return value > 0 && value < 0.01 ? '< 0.01' : cents.format(value);
}

/** A point in time, in UTC. */
export function time(second) {
  return typeof second === 'number' ? `${new Date(second * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC` : '–';
}

/** '1 run', '2 runs'. */
export function count(amount, noun) {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}

/** A text of at most so many characters, its middle left out. */
export function shorten(text, most) {
  if (text.length <= most) return text;
  const head = Math.ceil((most - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (most - 1 - head))}`;
}
