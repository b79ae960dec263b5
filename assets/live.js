// Says what is new, and brings a list up to date, without loading the page anew.
'use strict';

const place = document.getElementById('news');
const SLOW_MS = 60 * 1000; // without a stream the list is looked at so often
const GATHER_MS = 500;

const KINDS = [
  ['new', '件新的'],
  ['amber', '件快到期'],
  ['overdue', '件超期了'],
  ['changed', '件有变化'],
];

let waiting = {};
let timer = 0;

function say(news) {
  const parts = KINDS.filter(([kind]) => news[kind] > 0).map(([kind, words]) => news[kind] + words);
  if (!parts.length) return;
  place.textContent = '刚才有' + parts.join('，') + '。';
  if (!document.getElementById('list')) {
    const link = document.createElement('a');
    link.href = '/desk';
    link.textContent = '去看事项';
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
    answer = await fetch(location.href, { credentials: 'same-origin' });
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
  for (const [kind] of KINDS) waiting[kind] = (waiting[kind] || 0) + (news[kind] || 0);
  clearTimeout(timer);
  timer = setTimeout(() => {
    say(waiting);
    waiting = {};
    refresh();
  }, GATHER_MS);
}

let slow = 0;

function lookNowAndThen() {
  if (!slow) slow = setInterval(refresh, SLOW_MS);
}

if (place) {
  if (window.EventSource) {
    const stream = new EventSource('/desk/live');
    stream.addEventListener('open', () => {
      clearInterval(slow);
      slow = 0;
    });
    stream.addEventListener('cases', (event) => take(JSON.parse(event.data)));
    stream.addEventListener('error', lookNowAndThen);
  } else {
    lookNowAndThen();
  }
}
