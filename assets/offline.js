// For the agent of a village: keeps a page for the time without a line, shows what was written then,
// and sends it when the line is back, each once. `worker.js` is what works without a line.
'use strict';

const script = document.querySelector('script[data-worker]');
const person = document.body.dataset.person;
const DRAFTS = `drafts:${person}`;
const SHELL = `shell:${person}`;
const AGAIN_MS = 30 * 1000;
const OLD_MS = 10 * 60 * 1000;
const box = document.getElementById('kept');

async function keepShell() {
  const parts = script.dataset.shell;
  const mark = `${person} ${parts}`;
  if (sessionStorage.getItem('shell') === mark) return;
  const page = await fetch('/desk/shell');
  if (!page.ok || page.redirected) return;
  const cache = await caches.open(SHELL);
  await cache.addAll(parts.split(' '));
  await cache.put('/desk/shell', page);
  for (const kept of await cache.keys()) {
    const { pathname } = new URL(kept.url);
    if (pathname !== '/desk/shell' && !parts.includes(pathname)) await cache.delete(kept);
  }
  sessionStorage.setItem('shell', mark);
}

async function drafts() {
  const cache = await caches.open(DRAFTS);
  const keys = await cache.keys();
  return Promise.all(keys.map(async (key) => ({ cache, key, draft: await (await cache.match(key)).json() })));
}

const parsed = async (answer) => new DOMParser().parseFromString(await answer.text(), 'text/html');

// As a form has it, by the clocks here.
const local = (at) => new Date(at + 8 * 60 * 60 * 1000).toISOString().slice(0, 16);

async function sendOne({ cache, key, draft }, csrf) {
  const body = new URLSearchParams(draft.fields);
  body.set('csrf', csrf);
  body.set('once', draft.id);
  if (!body.get('heard_at') && Date.now() - draft.at > OLD_MS) body.set('heard_at', local(draft.at));
  const answer = await fetch('/desk/new', { method: 'POST', body });
  const { pathname } = new URL(answer.url);
  if (answer.ok && pathname.startsWith('/desk/cases/')) {
    await cache.delete(key);
    return pathname;
  }
  const page = await parsed(answer);
  const said = page.querySelector('[role=alert]') || page.querySelector('main > p');
  draft.problem = said ? said.textContent : String(answer.status);
  await cache.put(key, new Response(JSON.stringify(draft)));
  return null;
}

let sending = false;
async function send() {
  if (sending) return;
  sending = true;
  try {
    const kept = await drafts();
    if (kept.length) {
      const page = await fetch('/desk/new');
      if (page.ok && !page.redirected) {
        const csrf = (await parsed(page)).querySelector('form[data-draft] [name=csrf]').value;
        for (const one of kept) {
          const path = await sendOne(one, csrf);
          if (path) told(path);
        }
      }
    }
  } catch {
    // No line yet.
  } finally {
    sending = false;
  }
  await show();
}

function told(path) {
  const link = document.createElement('a');
  link.href = path;
  link.textContent = box.dataset.sent + path.split('/').pop();
  const line = document.createElement('li');
  line.append(link);
  box.querySelector('.sent').append(line);
  box.hidden = false;
}

async function show() {
  const kept = await drafts();
  const list = box.querySelector('.waits');
  const row = document.getElementById('kept-row');
  list.replaceChildren(...kept.map(({ cache, key, draft }) => {
    const line = row.content.cloneNode(true);
    const text = new Map(draft.fields).get('text') || '';
    line.querySelector('.words').textContent = text.slice(0, 40);
    line.querySelector('.why').textContent = draft.problem || '';
    line.querySelector('button').addEventListener('click', async () => {
      await cache.delete(key);
      await show();
    });
    return line;
  }));
  box.querySelector('.waiting').hidden = !kept.length;
  box.querySelector('.full').hidden = !location.search.includes('kept=full');
  if (kept.length || location.search.includes('kept=')) box.hidden = false;
}

async function signOut(event) {
  event.preventDefault();
  await send();
  const left = (await drafts()).length;
  if (left && !confirm(box.dataset.left)) return;
  await Promise.all([DRAFTS, SHELL].map((name) => caches.delete(name)));
  sessionStorage.removeItem('shell');
  event.target.submit();
}

// Only over https, and on this machine itself.
if (self.caches && navigator.serviceWorker) {
  navigator.serviceWorker.register(script.dataset.worker, { scope: '/desk' });
  keepShell().catch(() => {});
  send();
  addEventListener('online', send);
  setInterval(send, AGAIN_MS);
  document.querySelector('form.out')?.addEventListener('submit', signOut);
}
