// A browser, and pages in it that tell what they should not do.

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';

const modules = createRequire(path.join(process.env.MODULES, 'modules.cjs'));
const { chromium } = modules('playwright-core');

export const PAGES = process.env.PAGES;

let browser;

export async function start() {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    // As root there is no sandbox, and there is nobody for the browser to call.
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
  });
}

export async function stop() {
  await browser?.close();
}

/**
 * Opens the file, or the address, and gives the page to `look`; then it must have asked for nothing else and told no error but
 * those that are `expected`.
 */
export async function open(file, { width = 1440, height = 900, scheme = 'light' } = {}, look, { expected } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const address = file.includes('://') ? file : pathToFileURL(path.join(PAGES, file)).href;
  const { origin } = new URL(address);
  const trouble = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && trouble.push(message.text()));
  page.on('pageerror', (error) => trouble.push(String(error.stack ?? error)));
  page.on('request', (request) => {
    const asked = request.url();
    const own = asked === address || (origin !== 'null' && asked.startsWith(`${origin}/`) && !asked.endsWith('favicon.ico'));
    if (!own && !asked.startsWith('blob:')) trouble.push(`it asked for ${asked}`);
  });
  try {
    await page.goto(address);
    await page.waitForSelector('main', { timeout: 10_000 });
    const result = await look(page);
    assert.deepEqual(trouble.filter((text) => !expected?.test(text)), [], 'errors on the console or requests');
    return result;
  } catch (error) {
    if (trouble.length > 0 && !error.message.includes('errors on the console')) error.message += `\nThe page told: ${trouble.join('\n')}`;
    throw error;
  } finally {
    await context.close();
  }
}

/** What axe-core finds against WCAG 2.2 A and AA and its best practices. */
export async function violations(page) {
  await page.evaluate(modules('axe-core').source);
  const { violations: found } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return found.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary}`).join(' | ')}`);
}

/** A page with another model: what is data in it is under no hash of its policy. */
export function rewritten(file, name, change) {
  const text = fs.readFileSync(path.join(PAGES, file), 'utf8');
  const begin = text.indexOf('id="model">') + 'id="model">'.length;
  const end = text.indexOf('</script>', begin);
  const model = JSON.parse(text.slice(begin, end));
  change(model);
  fs.writeFileSync(path.join(PAGES, name), text.slice(0, begin) + JSON.stringify(model).replaceAll('<', '\\u003c') + text.slice(end));
  return name;
}
