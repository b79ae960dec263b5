// The desk without a line: the page on which an agent writes down for her neighbours still opens,
// and what she files there is kept on the device until `offline.js` sends it.
'use strict';

const DRAFTS_MAX = 50;

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { pathname } = new URL(request.url);
  const opens = request.mode === 'navigate';
  if (pathname.startsWith('/assets/')) {
    event.respondWith(caches.match(request).then((kept) => kept || fetch(request)));
  } else if (opens && request.method === 'GET') {
    event.respondWith(fetch(request).catch(shell));
  } else if (opens && pathname === '/desk/new') {
    event.respondWith(file(request));
  }
});

async function shell() {
  return (await caches.match('/desk/shell')) || Response.error();
}

async function file(request) {
  const form = await request.clone().formData();
  // A page that was kept has no token: what is written there goes the long way.
  if (form.get('csrf')) {
    try {
      return await fetch(request);
    } catch {
      if (form.has('look') || form.has('pick')) return shell();
    }
  }
  return Response.redirect(`/desk?kept=${await keep(form)}`, 303);
}

async function keep(form) {
  const cache = await caches.open(`drafts:${form.get('who')}`);
  if ((await cache.keys()).length >= DRAFTS_MAX) return 'full';
  const random = crypto.getRandomValues(new Uint8Array(8));
  // A page that was not: it may have been filed although no answer came back.
  const id = form.get('once') || [...random].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const fields = [...form].filter(([name]) => name !== 'csrf');
  await cache.put(`/desk/drafts/${id}`, new Response(JSON.stringify({ id, at: Date.now(), fields })));
  return 1;
}
