// Foreign text stays text.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { open } from './browser.mjs';

test('texts of others run nothing and end nothing', () => open('hostile.html', {}, async (page) => {
  assert.match(await page.locator('.verdict').textContent(), /<\/script><img src=x onerror/);
  assert.equal(await page.locator('main img, main b').count(), 0);
  assert.equal(await page.evaluate(() => window.attacked), undefined);
  await page.locator('#front .mark').first().hover();
  await page.locator('#runs tbody button').first().click();
  assert.equal(await page.locator('main img').count(), 0);
}));

test('a CSV cell is no formula', () => open('hostile.html', {}, async (page) => {
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#csv').click()]);
  const text = await fs.readFile(await download.path(), 'utf8');
  assert.ok(text.includes(`"'=HYPERLINK(""http://x"")"`), text);
}));

test('the policy lets no other script run', () => open('caltech256.html', {}, async (page) => {
  const ran = await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.attacked = 1';
    document.body.append(script);
    return window.attacked;
  }).catch((error) => error);
  assert.equal(ran, undefined);
}, { expected: /Content Security Policy/ }));
