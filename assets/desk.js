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

// What was written of a matter, for an hour, on this machine only, and never who she is.
const form = document.querySelector('form[data-draft]');
const FIELDS = ['text', 'village', 'place'];
const HOUR_MS = 60 * 60 * 1000;
const name = form && `draft-${form.dataset.draft}`;

function stored() {
  try {
    const draft = JSON.parse(localStorage.getItem(name));
    return draft && Date.now() - draft.at < HOUR_MS ? draft : null;
  } catch {
    return null;
  }
}

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
} else if (document.querySelector('.done') || !document.querySelector('nav')) {
  // It was filed, or she has signed out.
  localStorage.removeItem('draft-new');
}
