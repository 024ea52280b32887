// The operator's pages in a browser, while the emulated time passes that this test lets pass.

import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import path from 'node:path';
import { open, PAGES, start, stop, violations } from '../../crates/report/tests/browser/browser.mjs';

const { SITE, SELECTION, EMULATOR, DOCS } = process.env;

before(start);
after(stop);

/** Lets emulated time pass. */
async function advance(seconds) {
  const response = await fetch(`${EMULATOR}/_emulator/clock`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ advanceSeconds: seconds }) });
  assert.ok(response.ok, await response.text());
}

/** Looks at a page at three widths, light and dark. */
async function looksAt(address, name) {
  for (const width of [390, 820, 1440]) {
    for (const scheme of ['light', 'dark']) {
      await open(address, { width, scheme }, async (page) => {
        await page.getByText('Live: up to date.').waitFor();
        await page.screenshot({ path: path.join(PAGES, `${name}-${width}-${scheme}.png`), fullPage: true });
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, 'the page scrolls only up and down');
        assert.deepEqual(await violations(page), []);
      });
    }
  }
}

async function picture(page, name) {
  if (DOCS) await page.screenshot({ path: path.join(DOCS, name) });
}

/** How many results the plot shows. */
const results = (page) => page.locator('#front .mark').count();

test('from the list to a report in which points appear, without another request', { timeout: 300_000 }, async () => {
  await open(SITE, { width: 1200, height: 930 }, async (page) => {
    await page.getByText('Live: up to date.').waitFor();
    assert.equal(await page.locator('#selections tbody tr').count(), 2);
    await page.getByRole('link', { name: 'caltech256' }).click();
    await page.getByRole('heading', { level: 1, name: 'caltech256' }).waitFor();
    await page.getByText('Live: up to date.').waitFor();
    assert.equal(await results(page), 0);
    await page.evaluate(() => { globalThis.opened = true; });

    let most = 0;
    const seen = [];
    // The models take from minutes to hours: they end one after the other.
    for (let step = 0; step < 60 && most < 7; step += 1) {
      await advance(600);
      await page.waitForFunction((before) => document.querySelectorAll('#front .mark').length > before, most, { timeout: 3000 }).catch(() => {});
      const now = await results(page);
      if (now > most) seen.push(now);
      most = Math.max(most, now);
    }
    assert.ok(seen.length > 1 && most < 21, `points appear one after the other: ${seen}`);
    assert.match(await page.locator('header').textContent(), /Running/);
    assert.ok(await page.locator('#history').isVisible(), 'how it has grown is known');
    await picture(page, 'ui-report.png');
    assert.ok(await page.evaluate(() => globalThis.opened), 'it was never loaded again');
  });
});

test('while it runs, the pages are accessible at every width', { timeout: 300_000 }, async () => {
  await looksAt(SITE, 'list');
  await looksAt(`${SITE}/${SELECTION}`, 'report');
});

test('the list follows to the end', { timeout: 120_000 }, async () => {
  await open(SITE, { width: 1200, height: 420 }, async (page) => {
    await page.getByText('Live: up to date.').waitFor();
    await picture(page, 'ui-list.png');
    const row = page.locator('#selections tbody tr', { hasText: 'caltech256' });
    assert.match(await row.textContent(), /Running/);
    const completed = row.getByText('Completed');
    // Jobs that wait for others begin when those have ended.
    for (let round = 0; round < 30 && !(await completed.isVisible()); round += 1) {
      await advance(1_000_000);
      await completed.waitFor({ timeout: 3000 }).catch(() => {});
    }
    assert.match(await row.textContent(), /21\/21/);
  });
});

test('what is not there is told in words, in the same look', async () => {
  await open(`${SITE}/${SELECTION}-other`, {}, async (page) => {
    assert.equal(await page.locator('h1').textContent(), 'No such selection');
    assert.match(await page.locator('main').textContent(), /knows no ModelSelection 'caltech256-other'/);
    await page.screenshot({ path: path.join(PAGES, 'none.png') });
    assert.deepEqual(await violations(page), []);
    await page.getByRole('link', { name: 'All selections' }).click();
    await page.getByRole('heading', { name: '2 selections' }).waitFor();
  }, { expected: /404/ });
});
