// The plots: points, their card, axes, filters by family, the keyboard.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { open, rewritten } from './browser.mjs';

const places = (page) => page.$$eval('#front .mark', (marks) => Object.fromEntries(marks.map((mark) => [mark.dataset.key, mark.getAttribute('transform')])));
const at = (place) => place.match(/-?[\d.]+/g).map(Number);
const KEY = 'caltech256/mobilenet-v2-100-160/';

test('every result that has both metrics is a point of its shape', () => open('caltech256.html', {}, async (page) => {
  assert.equal(await page.locator('#front .mark').count(), 20);
  assert.equal(await page.locator('#front .mark.star').count(), 1);
  assert.equal(await page.locator('#front .mark.disc').count(), 18);
  assert.equal(await page.locator('#front .mark.ring').count(), 1);
  assert.match(await page.locator('#front .note').textContent(), /1 result without test_throughput or test_accuracy/);
}));

test('a point under the pointer tells its hyperparameters and metrics', () => open('caltech256.html', {}, async (page) => {
  await page.locator(`#front .mark[data-key="${KEY}"]`).hover();
  const card = page.locator('.tooltip');
  await card.waitFor({ state: 'visible' });
  const text = await card.textContent();
  for (const told of ['mobilenet-v2-100-160', 'recommended', 'test_accuracy0.802', 'learning_rate0.0002', 'num_params2.6M', 'cost 0.30']) {
    assert.ok(text.includes(told), `${told} in ${text}`);
  }
  assert.ok(await page.locator('#runs tr.hovered').count() === 1, 'the row of the table is emphasized too');
  await page.mouse.move(5, 5);
  await card.waitFor({ state: 'hidden' });
}));

test('the keyboard reaches every point, and selects', () => open('caltech256.html', {}, async (page) => {
  await page.locator('#size').focus();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Home');
  await page.locator('.tooltip').waitFor({ state: 'visible' });
  assert.match(await page.locator('.tooltip').textContent(), /swin-large-patch4-window12-384/);
  const seen = new Set();
  for (let index = 0; index < 20; index += 1) {
    seen.add(await page.evaluate(() => document.activeElement.dataset.key));
    await page.keyboard.press('ArrowRight');
  }
  assert.equal(seen.size, 20);
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  assert.match(await page.locator('#detail').textContent(), /^Selected.*swin-large-patch4-window12-384/s);
  assert.equal(await page.locator('#front [aria-selected="true"]').count(), 1);
  await page.keyboard.press('Escape');
  await page.locator('.tooltip').waitFor({ state: 'hidden' });
  await page.locator('#back').click();
  assert.match(await page.locator('#detail').textContent(), /^Recommended/);
}));

test('axes change their metric and go logarithmic', () => open('caltech256.html', {}, async (page) => {
  const linear = await places(page);
  await page.locator('#log-x').check();
  const log = await places(page);
  const gap = (of) => at(of['caltech256/swin-large-patch4-window7-224/'])[0] - at(of['caltech256/swin-large-patch4-window12-384/'])[0];
  assert.ok(gap(log) > 5 * gap(linear), 'small values are spread');
  const ticks = await page.$$eval('#front .axes .tick', (all) => all.map((tick) => tick.textContent));
  assert.ok(['1', '10'].every((tick) => ticks.includes(tick)), ticks.join(' '));
  await page.locator('#axis-y').selectOption({ label: 'num_params' });
  assert.match(await page.locator('#front .axis-title').first().textContent(), /num_params/);
  assert.notDeepEqual(await places(page), log);
  await page.locator('#size').selectOption({ label: 'train_epoch_duration' });
  const sizes = new Set(await page.$$eval('#front .mark.disc', (marks) => marks.map((mark) => mark.getAttribute('d'))));
  assert.ok(sizes.size > 10, 'points differ in size');
}));

test('a minimized objective has its axis reversed: better is always up and to the right', () => open('running.html', {}, async (page) => {
  await page.locator('#axis-y').selectOption({ label: 'num_params' });
  const all = await places(page);
  const [small, large] = ['flowers/mobilenet-v1-075-128/', 'flowers/efficientnet-b5/'].map((key) => at(all[key])[1]);
  assert.ok(small < large, 'fewer parameters stand higher');
  assert.match(await page.locator('#front .axis-title').first().textContent(), /lower is better, axis reversed/);
}));

test('constraints are shaded and what breaks them is a cross', () => open('running.html', {}, async (page) => {
  assert.equal(await page.locator('#front .outside').count(), 1);
  assert.ok(await page.locator('#front .mark.cross').count() >= 4);
}));

test('families are switches', () => open('caltech256.html', {}, async (page) => {
  const button = page.getByRole('button', { name: 'mobilenet-v2', exact: true, pressed: true }).or(page.getByRole('button', { name: 'mobilenet-v2', exact: true, pressed: false }));
  await button.click();
  assert.equal(await button.getAttribute('aria-pressed'), 'false');
  assert.ok(await page.locator('#front .mark').count() < 20);
  assert.ok(!(await page.locator('#runs tbody').textContent()).includes('mobilenet-v2'));
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'mobilenet-v2', 'the focus stays');
  await button.click();
  assert.equal(await page.locator('#front .mark').count(), 20);
}));

test('three objectives and more have parallel coordinates', () => open('running.html', {}, async (page) => {
  assert.equal(await page.locator('#parallel .line').count(), await page.locator('#front .mark').count());
  assert.equal(await page.locator('#parallel .line.best').count(), 1);
  await page.locator('#parallel .line.front').first().hover({ force: true });
  await page.locator('#dataset-cats-and-dogs').click();
  assert.equal(await page.locator('#parallel .line').count(), await page.locator('#front .mark').count());
  assert.equal(await page.locator('#parallel .line.observed').count(), 1);
}));

test('where two objectives are all, there are none; growth is shown where times are known', async () => {
  await open('caltech256.html', {}, async (page) => {
    assert.equal(await page.locator('#parallel').count(), 0);
    const told = await page.$$eval('#history svg[role=img]', (all) => all.map((one) => one.getAttribute('aria-label')));
    assert.equal(told.length, 3);
    assert.match(told[0], /^Hypervolume: from .* to 16\.72 after/);
    assert.match(told[2], /^Best test_throughput: from 0\.3 .* to 50\.8/);
  });
  await open('new.html', {}, async (page) => assert.equal(await page.locator('#history').count(), 0));
});

test('the scale of an objective is that of its axis, and the model in production has a mark of its own', () => open('running.html', {}, async (page) => {
  assert.ok(await page.locator('#log-x').isChecked() && !(await page.locator('#log-y').isChecked()));
  await page.locator('#front .mark.diamond').click();
  assert.match(await page.locator('#detail').textContent(), /in-production.*measured elsewhere/s);
}));

test('results from elsewhere, logarithmic objectives, and why it is that one', () => {
  const file = rewritten('caltech256.html', 'observed.html', (model) => {
    const [one] = model.selections;
    one.objectives[1].logarithmic = true;
    one.runs.push({ candidate: 'in-production', dataset: 'caltech256', kind: 'observed', role: 'dominated', rank: 3, family: 'in', values: [0.7, 12], beatenBy: ['mobilenet-v2-100-160'] });
    one.fronts[0].why = 'nearest to the best value of every objective';
    one.fronts[0].alternatives = [{ run: 0, message: '+16 points of test_accuracy for 0.0075 times the test_throughput' }];
  });
  return open(file, {}, async (page) => {
    assert.equal(await page.locator('#front .mark.diamond').count(), 1);
    assert.ok(await page.locator('#log-x').isChecked());
    assert.match(await page.locator('#detail').textContent(), /nearest to the best value.*Alternatives.*\+16 points/s);
    await page.locator('#detail .alternatives button').click();
    assert.match(await page.locator('#detail h2').textContent(), /swin-large-patch4-window12-384/);
    await page.locator('#front .mark.diamond').click();
    assert.match(await page.locator('#detail').textContent(), /measured elsewhere.*Beaten in every objective by mobilenet-v2-100-160/s);
  });
});

test('500 runs are drawn', () => open('large.html', {}, async (page) => {
  assert.equal(await page.locator('#front .mark').count(), 500);
  assert.equal(await page.locator('#runs tbody tr').count(), 500);
  assert.equal(await page.locator('#front .families button').count(), 9, 'eight families with a colour, and the others');
  const took = await page.evaluate(() => performance.getEntriesByType('navigation')[0].domComplete);
  assert.ok(took < 20_000, `${took} ms`);
}));
