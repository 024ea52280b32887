// The table: sorting, filtering, columns, CSV, and what stands around it.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { open, rewritten } from './browser.mjs';

const names = (page) => page.$$eval('#runs tbody th button', (all) => all.map((one) => one.textContent));
const row = (page, name) => page.locator('#runs tbody tr', { has: page.getByRole('button', { name, exact: true }) });

test('it sorts by any column, numbers as numbers, best first', () => open('caltech256.html', {}, async (page) => {
  await page.locator('#sort-m1').click();
  assert.equal(await page.locator('#runs th[aria-sort]').getAttribute('aria-sort'), 'descending');
  assert.deepEqual((await names(page)).slice(0, 2), ['mobilenet-v1-025-128', 'mobilenet-v2-035-96']);
  assert.equal((await names(page)).at(-1), 'mobilenet-v1-075-128', 'what has no value comes last');
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('#runs th[aria-sort]').getAttribute('aria-sort'), 'ascending', 'the focus stays on the button');
  assert.equal((await names(page))[0], 'swin-large-patch4-window12-384');
  assert.equal((await names(page)).at(-1), 'mobilenet-v1-075-128');
}));

test('a minimized objective sorts the least first', () => open('running.html', {}, async (page) => {
  await page.locator('#sort-m2').click();
  assert.equal(await page.locator('#runs th[aria-sort]').getAttribute('aria-sort'), 'ascending');
}));

test('the filter acts on the table and on the plot', () => open('caltech256.html', {}, async (page) => {
  await page.locator('#filter').pressSequentially('mobilenet learning_rate=0.0002');
  const left = await names(page);
  assert.deepEqual(left.filter((name) => !name.startsWith('mobilenet')), []);
  assert.ok(left.length > 0 && left.length < 12);
  assert.equal(await page.locator('#front .mark').count(), left.length);
  assert.equal(await page.locator('#runs [role=status]').textContent(), `${left.length} of 21 results`);
  await page.locator('#filter').fill('');
  await page.locator('#show').selectOption({ value: 'excluded' });
  assert.deepEqual(await names(page), ['mobilenet-v1-075-128']);
  assert.match(await row(page, 'mobilenet-v1-075-128').textContent(), /failed.*ValueError: No images found/);
}));

test('columns can be chosen', () => open('caltech256.html', {}, async (page) => {
  await page.locator('#runs summary').click();
  await page.getByRole('checkbox', { name: 'num_params' }).check();
  await page.getByRole('checkbox', { name: 'Status' }).uncheck();
  const titles = await page.$$eval('#runs thead th', (all) => all.map((one) => one.textContent));
  assert.ok(titles.some((title) => title.includes('num_params')) && !titles.some((title) => title.includes('Status')));
}));

test('money and hours, for each run and in all', () => open('caltech256.html', {}, async (page) => {
  assert.match(await page.locator('#runs tfoot').textContent(), /Total.*10\.67 h.*40\.83/);
  assert.match(await page.locator('.stats').textContent(), /Instance time10\.67 h.*Cost40\.83/);
  assert.match(await row(page, 'swin-large-patch4-window12-384').textContent(), /3\.21 h12\.30/);
}));

test('with all training jobs known, hours and money are those of the whole search', () => {
  const file = rewritten('caltech256.html', 'search.html', (model) => {
    for (const run of model.selections[0].runs.filter(({ billable }) => billable)) run.search = { jobs: 2, billed: 2 * run.billable, cost: 2 * run.cost };
  });
  return open(file, {}, async (page) => {
    assert.match(await page.locator('.stats').textContent(), /Instance time21\.35 h.*Cost81\.66/);
    assert.match(await page.locator('#runs tfoot').textContent(), /40\.83.*81\.66/);
    assert.match(await page.locator('header').textContent(), /count all training jobs of each run/);
  });
});

test('links lead to the console of the region', () => open('caltech256.html', {}, async (page) => {
  const link = row(page, 'swin-large-patch4-window12-384').locator('a');
  assert.equal(await link.getAttribute('href'), 'https://us-west-2.console.aws.amazon.com/sagemaker/home?region=us-west-2#/hyper-tuning-jobs/swin-large-patch4-wind-000');
  assert.equal(await link.getAttribute('rel'), 'noopener noreferrer');
}));

test('the CSV has the rows and the order of the table', () => open('caltech256.html', {}, async (page) => {
  await page.locator('#filter').fill('swin');
  await page.locator('#sort-m1').click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#csv').click()]);
  assert.equal(download.suggestedFilename(), 'default-caltech256-caltech256.csv');
  const lines = (await fs.readFile(await download.path(), 'utf8')).split('\r\n');
  assert.equal(lines.length, 4, 'a title, two rows, an end');
  const titles = lines[0].split(',');
  const cells = lines[1].split(',');
  const cell = (title) => cells[titles.indexOf(title)];
  assert.equal(cell('candidate'), 'swin-large-patch4-window7-224');
  assert.equal(cell('test_throughput'), '1.1');
  assert.equal(cell('test_accuracy'), '0.961');
  assert.equal(cell('hyperparameter learning_rate'), '0.001');
  assert.equal(cell('status'), 'on the front');
  assert.equal(cell('training_seconds'), '3670');
  assert.match(cell('artifact'), /^s3:/);
}));

test('the manifest that made it', () => open('caltech256.html', {}, async (page) => {
  await page.locator('#manifest summary').click();
  const text = await page.locator('#manifest pre').textContent();
  assert.match(text, /^apiVersion: modelselection.dev\/v1alpha1\nkind: ModelSelection\nmetadata:\n {2}name: caltech256/);
  assert.ok(!text.includes('status:'));
}));

test('several selections in one file', () => open('several.html', {}, async (page) => {
  assert.equal(await page.locator('#selections tbody tr').count(), 2);
  assert.equal(await page.locator('h1').textContent(), 'caltech256');
  await page.locator('#selections a', { hasText: 'flowers-and-pets' }).click();
  await page.getByRole('heading', { level: 1, name: 'flowers-and-pets' }).waitFor();
  assert.equal(await page.locator('#selections [aria-current]').textContent(), 'flowers-and-pets');
}));

test('before there is a result', () => open('new.html', {}, async (page) => {
  assert.match(await page.locator('header').textContent(), /Not started/);
  assert.match(await page.locator('#detail').textContent(), /No result yet/);
  assert.match(await page.locator('#front .note').textContent(), /No result has both metrics yet/);
  assert.match(await page.locator('#runs').textContent(), /No runs yet/);
  assert.ok(!(await page.locator('#front .plot').isVisible()), 'no axes without a value');
}));
