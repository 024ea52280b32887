// The tests of the pages in a browser, one subject a file, in one browser.

import { after, before } from 'node:test';
import { start, stop } from './browser.mjs';

before(start);
after(stop);

await import('./colours.mjs');
await import('./plot.mjs');
await import('./results.mjs');
await import('./foreign.mjs');
await import('./live.mjs');
await import('./looks.mjs');
