// The same page, fed by a server: what the operator's /ui does.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { open, PAGES } from './browser.mjs';

/** Serves a page and a stream; gives its address and a function that sends an event. */
async function serve(file, port = 0) {
  const streams = new Set();
  const server = http.createServer((request, response) => {
    if (request.url === '/ui/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(': hello\n\n');
      streams.add(response);
    } else {
      response.writeHead(request.url === '/ui' ? 200 : 404, { 'content-type': 'text/html; charset=utf-8' });
      response.end(request.url === '/ui' ? fs.readFileSync(path.join(PAGES, file)) : '');
    }
  });
  await new Promise((listening) => server.listen(port, '127.0.0.1', listening));
  return {
    address: `http://127.0.0.1:${server.address().port}/ui`,
    port: server.address().port,
    send: (data, event = 'model') => streams.forEach((stream) => stream.write(`event: ${event}\ndata: ${data}\n\n`)),
    stop: () => {
      streams.forEach((stream) => stream.destroy());
      server.closeAllConnections();
      return new Promise((closed) => server.close(closed));
    },
  };
}

/** A server that refuses, as one does that is just starting. */
async function refuse(port) {
  let asked;
  const wasAsked = new Promise((resolve) => { asked = resolve; });
  const server = http.createServer((request, response) => {
    response.writeHead(503);
    response.end();
    if (request.url === '/ui/events') asked();
  });
  await new Promise((listening) => server.listen(port, '127.0.0.1', listening));
  return { wasAsked, stop: () => { server.closeAllConnections(); return new Promise((closed) => server.close(closed)); } };
}

test('a newer model is drawn, and what the reader has chosen stays', async () => {
  const server = await serve('live.html');
  try {
    await open(server.address, {}, async (page) => {
      await page.getByText('Live: up to date.').waitFor();
      const before = await page.locator('#front .mark').count();
      await page.locator('#log-x').check();
      await page.locator('#sort-m1').click();
      await page.locator('#filter').pressSequentially('mobile');
      server.send(fs.readFileSync(path.join(PAGES, 'live.json'), 'utf8'));
      await page.getByText('33 of 42', { exact: true }).waitFor();
      assert.equal(await page.locator('#filter').inputValue(), 'mobile');
      assert.equal(await page.evaluate(() => document.activeElement.id), 'filter');
      await page.keyboard.type('net-v2');
      assert.equal(await page.locator('#filter').inputValue(), 'mobilenet-v2', 'typing goes on where it was');
      assert.ok(await page.locator('#log-x').isChecked());
      assert.equal(await page.locator('#runs th[aria-sort] button').textContent(), 'test_throughput▼');
      await page.locator('#filter').fill('');
      await page.locator('#columns summary').click();
      await page.locator('#front .mark.star').focus();
      const focused = await page.evaluate(() => document.activeElement.dataset.key);
      server.send(fs.readFileSync(path.join(PAGES, 'live.json'), 'utf8').replaceAll('"message":"33 of 42', '"message":"now 33 of 42'));
      await page.getByText('now 33 of 42').waitFor();
      assert.equal(await page.evaluate(() => document.activeElement.dataset.key), focused, 'the focus stays on its point');
      assert.ok(await page.locator('#columns fieldset').isVisible(), 'the menu stays open');
      assert.ok(await page.locator('#front .mark').count() > before);
      assert.equal(await page.getByRole('link', { name: 'All selections' }).getAttribute('href'), '/ui');
    });
  } finally {
    await server.stop();
  }
});

test('the list grows, tells when the connection is lost, and connects again', async () => {
  let server = await serve('list.html');
  try {
    await open(server.address, {}, async (page) => {
      assert.equal(await page.locator('h1').textContent(), '1 selection');
      await page.getByText('Live: up to date.').waitFor();
      server.send(fs.readFileSync(path.join(PAGES, 'list.json'), 'utf8'));
      await page.getByRole('heading', { name: '2 selections' }).waitFor();
      assert.equal(await page.getByRole('link', { name: 'flowers-and-pets' }).getAttribute('href'), '/ui/vision/flowers-and-pets');
      await server.stop();
      await page.getByText('Connection lost, reconnecting.').waitFor();
      const refusing = await refuse(server.port);
      await refusing.wasAsked;
      await refusing.stop();
      server = await serve('list.html', server.port);
      await page.getByText('Live: up to date.').waitFor();
    }, { expected: /ERR_|Failed to load|EventSource/ });
  } finally {
    await server.stop();
  }
});

test('a selection that is gone stays on the page, which says so', async () => {
  const server = await serve('live.html');
  try {
    await open(server.address, {}, async (page) => {
      await page.getByText('Live: up to date.').waitFor();
      server.send('This ModelSelection is gone.', 'gone');
      await page.getByText('This ModelSelection is gone.').waitFor();
      assert.ok(await page.locator('#front .mark').count() > 0);
    });
  } finally {
    await server.stop();
  }
});
