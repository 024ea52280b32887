// Accessibility, room and pictures: at three widths, light and dark, and on paper.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import path from 'node:path';
import { open, PAGES, violations } from './browser.mjs';

const everyWay = [390, 820, 1440].flatMap((width) => ['light', 'dark'].map((scheme) => ['running.html', width, scheme]));
for (const [file, width, scheme] of [...everyWay, ['caltech256.html', 390, 'light'], ['caltech256.html', 1440, 'dark'], ['several.html', 390, 'dark'], ['new.html', 820, 'light']]) {
  test(`${file} at ${width}, ${scheme}: axe-core finds nothing and nothing is cut off`, () => open(file, { width, scheme }, async (page) => {
    await page.screenshot({ path: path.join(PAGES, `${file}-${width}-${scheme}.png`), fullPage: true });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, 'the page scrolls only up and down');
    assert.deepEqual(await labelsThatTouch(page), []);
    assert.deepEqual(await violations(page), []);
  }));
}

test('opened, selected, filtered and hovered it is as accessible', async () => {
  for (const scheme of ['light', 'dark']) {
    await open('running.html', { scheme }, async (page) => {
      await page.locator('#manifest summary').click();
      await page.locator('#runs summary').click();
      await page.getByRole('button', { name: 'swin', exact: true }).click();
      await page.locator('#front .mark').last().click();
      await page.locator('#show').selectOption({ value: 'excluded' });
      await page.locator('#front .mark').first().hover();
      assert.deepEqual(await violations(page), []);
    });
  }
});

test('on paper everything is open and nothing is a control', () => open('caltech256.html', { width: 1000 }, async (page) => {
  await page.pdf({ path: path.join(PAGES, 'caltech256.pdf'), format: 'A4', printBackground: true });
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('.filters, .controls, #csv').filter({ visible: true }).count(), 0);
  assert.ok(await page.locator('#runs tbody tr').last().isVisible());
  const { clientHeight, scrollHeight } = await page.$eval('#runs .scroll', ({ clientHeight, scrollHeight }) => ({ clientHeight, scrollHeight }));
  assert.equal(clientHeight, scrollHeight, 'the table is whole');
}));

/** Names in the plot that lie on each other or beyond its edge. */
function labelsThatTouch(page) {
  return page.$$eval('#front .name', (names) => {
    const edge = document.querySelector('#front .chart').getBoundingClientRect();
    const boxes = names.map((name) => [name.textContent, name.getBoundingClientRect()]);
    const touch = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3;
    const pairs = boxes.flatMap(([one, a], index) => boxes.slice(index + 1).filter(([, b]) => touch(a, b)).map(([other]) => `${one} and ${other}`));
    return [...pairs, ...boxes.filter(([, box]) => box.left < edge.left - 1 || box.right > edge.right + 1).map(([name]) => `${name} and the edge`)];
  });
}

// The pictures of the documentation; written where DOCS says, by `make docs-images`.
test('pictures for the documentation', { skip: !process.env.DOCS }, async () => {
  const picture = (file, name, options, look = () => {}) => open(file, options, async (page) => {
    await look(page);
    await page.screenshot({ path: path.join(process.env.DOCS, name) });
  });
  await picture('caltech256.html', 'report-light.png', { width: 1200, height: 930 }, (page) => page.locator('#front .mark[data-key*="mobilenet-v1-025-128"]').hover());
  await picture('running.html', 'report-dark.png', { width: 1200, height: 930, scheme: 'dark' });
});
