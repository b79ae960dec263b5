// Hot keys, the timer of a call, and a draft that survives a lost connection. All of it can be
// done without this file.
'use strict';

const typing = (target) => target.closest && target.closest('input, textarea, select, [contenteditable]');

function move(step) {
  const rows = [...document.querySelectorAll('#list tbody .number a')];
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step;
  if (rows[next]) rows[next].focus();
}

const KEYS = {
  '/': () => document.getElementById('search')?.focus(),
  n: () => { document.querySelector('a[href="/desk/new"]')?.click(); },
  j: () => move(1),
  k: () => move(-1),
  g: () => { location.href = '/desk'; },
  a: () => document.getElementById('acts')?.scrollIntoView(),
  '?': () => {
    const keys = document.getElementById('keys');
    if (!keys) return;
    keys.open = !keys.open;
    keys.scrollIntoView();
  },
};

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

const timer = document.getElementById('timer');
if (timer) {
  // A page that comes back with help belongs to the same call.
  const began = Number(sessionStorage.getItem('call')) || Date.now();
  sessionStorage.setItem('call', String(began));
  setInterval(() => {
    const seconds = Math.floor((Date.now() - began) / 1000);
    timer.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  }, 1000);
} else {
  sessionStorage.removeItem('call');
}

// What was written of a matter, for an hour, on this machine, for this person, and never who she is.
const form = document.querySelector('form[data-draft]');
const FIELDS = ['text', 'village', 'place'];
const HOUR_MS = 60 * 60 * 1000;
const own = `draft-${document.body.dataset.person}-`;
const name = form && own + form.dataset.draft;

function dropDrafts(wanted) {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith('draft-') && wanted(key)) localStorage.removeItem(key);
  }
}

function stored() {
  try {
    const draft = JSON.parse(localStorage.getItem(name));
    return draft && Date.now() - draft.at < HOUR_MS ? draft : null;
  } catch {
    return null;
  }
}

// Somebody else sat here before, or it is kept already (offline.js).
dropDrafts((key) => !key.startsWith(own) || location.search.includes('kept=1'));
self.caches?.keys().then((names) => {
  const others = names.filter((name) => !name.endsWith(`:${document.body.dataset.person}`));
  return Promise.all(others.map((name) => caches.delete(name)));
});
document.querySelector('form.out')?.addEventListener('submit', () => dropDrafts(() => true));
if (form) {
  const draft = stored();
  for (const field of FIELDS) {
    const input = form.elements[field];
    if (draft && input && !input.value) input.value = draft[field] || '';
  }
  form.addEventListener('input', () => {
    const draft = { at: Date.now() };
    for (const field of FIELDS) draft[field] = form.elements[field]?.value || '';
    localStorage.setItem(name, JSON.stringify(draft));
  });
} else if (document.querySelector('.done')) {
  // It was filed.
  dropDrafts(() => true);
}

// Help while she is on the telephone: answers and villages as one types, who she is once her
// number is whole. Each look at her is written down, so she is not looked at with every letter.
const PAUSE_MS = 700;
if (form && document.getElementById('help-known')) {
  const wanted = new Set();
  let pause = 0;
  let phone = '';

  const look = async () => {
    const parts = [...wanted];
    wanted.clear();
    const body = new URLSearchParams(new FormData(form));
    body.set('look', '1');
    if (!parts.includes('help-people')) body.set('phone', '');
    let answer;
    try {
      answer = await fetch(form.action, { method: 'POST', body });
    } catch {
      return;
    }
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    for (const part of parts) {
      const fresh = page.getElementById(part);
      if (fresh) document.getElementById(part).replaceWith(fresh);
    }
  };

  const later = (...parts) => {
    for (const part of parts) wanted.add(part);
    clearTimeout(pause);
    pause = setTimeout(look, PAUSE_MS);
  };

  form.addEventListener('input', ({ target }) => {
    if (target.name === 'phone') {
      const typed = target.value.replace(/\D/g, '');
      if (typed.length !== 11 || typed === phone) return;
      phone = typed;
      later('help-known', 'help-people');
    } else if (target.name === 'text' || target.name === 'village') {
      later('help-known');
    }
  });
}

// The browser prints the sheet: it is counted, whichever way the printing began.
const sheet = document.getElementById('printed');
if (sheet) {
  sheet.querySelector('button').hidden = true;
  addEventListener('beforeprint', () => {
    fetch(sheet.action, { method: 'POST', body: new URLSearchParams(new FormData(sheet)), redirect: 'manual', keepalive: true });
  });
}
