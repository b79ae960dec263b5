// Says what is new, and brings a list up to date, without loading the page anew.
'use strict';

const place = document.getElementById('news');
const SLOW_MS = 60 * 1000; // without a stream the list is looked at so often
const GATHER_MS = 500;

const KINDS = ['new', 'amber', 'overdue', 'changed'];

let waiting = {};
let timer = 0;

function say(news) {
  const told = KINDS.filter((kind) => news[kind] > 0);
  if (!told.length) return;
  // "刚才：新来2件 · 超期1件", in the language of the page
  const parts = told.map((kind) => place.dataset[kind].replace('{}', news[kind]));
  place.textContent = place.dataset.lead + parts.join(' · ');
  if (!document.getElementById('list')) {
    const link = document.createElement('a');
    link.href = '/desk';
    link.textContent = place.dataset.link;
    place.append(' ', link);
  }
  place.hidden = false;
}

// The list only: what is typed elsewhere on the page stays. Whoever is in the list keeps her place.
async function refresh() {
  const list = document.getElementById('list');
  if (!list) return;
  const held = list.contains(document.activeElement) && document.activeElement.getAttribute('href');
  let answer;
  try {
    // It is the page that looks, not she: her time at the desk goes on running.
    answer = await fetch(location.href, { headers: { 'x-by-itself': '1' } });
  } catch {
    return;
  }
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const fresh = page.getElementById('list');
  if (!fresh) return;
  list.replaceWith(fresh);
  if (held) {
    const again = [...fresh.querySelectorAll('a')].find((link) => link.getAttribute('href') === held);
    if (again) again.focus();
  }
}

function take(news) {
  for (const kind of KINDS) waiting[kind] = (waiting[kind] || 0) + (news[kind] || 0);
  clearTimeout(timer);
  timer = setTimeout(() => {
    say(waiting);
    waiting = {};
    refresh();
  }, GATHER_MS);
}

let slow = 0;
let stream = null;

function lookNowAndThen() {
  if (!slow) slow = setInterval(refresh, SLOW_MS);
}

function listen() {
  if (stream || document.hidden) return;
  if (!window.EventSource) {
    lookNowAndThen();
    return;
  }
  stream = new EventSource('/desk/live');
  stream.addEventListener('open', () => {
    clearInterval(slow);
    slow = 0;
  });
  stream.addEventListener('cases', (event) => take(JSON.parse(event.data)));
  stream.addEventListener('error', lookNowAndThen);
}

// A browser keeps six connections to us: a page that nobody sees leaves its own to the others.
function rest() {
  if (stream) stream.close();
  stream = null;
  clearInterval(slow);
  slow = 0;
}

if (place) {
  listen();
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) {
      rest();
    } else {
      listen();
      refresh();
    }
  });
}
