// While one types: the marks beside the lines, and the chat on the phone done again.
'use strict';

const form = document.getElementById('studio');
const text = document.getElementById('text');
const gutter = document.getElementById('gutter');
const did = document.getElementById('did');
const say = document.getElementById('say');
const PAUSE_MS = 700;
// What is said on the page, in its language; {} is a number.
const told = (name, value) => form.dataset[name].replace('{}', value);

let timer = 0;
let busy = false;
let again = false;
let marks = new Map(); // line: the worst severity there
let left = text.value; // as it was saved or loaded

function part(tag, className, words) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = words;
  return made;
}

function number() {
  const count = text.value.split('\n').length;
  const lines = [];
  for (let n = 1; n <= count; n += 1) {
    const level = marks.get(n);
    const line = part('div', level || '', level ? `${level === 'error' ? '✗' : '!'} ${n}` : String(n));
    lines.push(line);
  }
  gutter.replaceChildren(...lines);
  gutter.scrollTop = text.scrollTop;
}

function go(line) {
  const lines = text.value.split('\n');
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  text.focus();
  text.setSelectionRange(start, start + (lines[line - 1] || '').length);
  const height = text.scrollHeight / lines.length;
  text.scrollTop = Math.max(0, (line - 4) * height);
}

function mark(found, elsewhere) {
  const order = ['hint', 'warning', 'error'];
  marks = new Map();
  const list = found.map((one) => {
    const known = order.indexOf(marks.get(one.line));
    if (one.line > 0 && order.indexOf(one.severity) > known) marks.set(one.line, one.severity);
    const item = part('li', one.severity, '');
    item.append(part('strong', '', told(one.severity)), ' ');
    if (one.line > 0) {
      const to = part('button', 'plain to-line', told('line', one.line));
      to.type = 'button';
      to.dataset.line = one.line;
      item.append(to, ' ');
    }
    item.append(part('span', 'prose', one.message), ' ', part('span', 'hint', one.code));
    return item;
  });
  document.getElementById('marks').replaceChildren(...list);
  const here = list.length ? told('marks', list.length) : told('none');
  const there = elsewhere ? told('elsewhere', elsewhere) : '';
  document.getElementById('count').textContent = here + there;
  number();
}

function talk(all, silent) {
  const items = [];
  for (const one of all) {
    const hers = part('li', 'us', '');
    hers.append(part('span', 'prose', one.hers));
    items.push(hers);
    for (const said of one.said) {
      const item = part('li', '', '');
      item.append(part('span', 'prose', said.text));
      if (said.segments) item.append(part('span', 'hint', told('segments', said.segments)));
      items.push(item);
    }
    if (one.misheard) items.push(part('li', 'hint', told('misheard')));
    for (const done of one.marks) items.push(part('li', 'hint', done));
    if (one.wrong) items.push(part('li', 'error', one.wrong));
  }
  const list = document.getElementById('talk');
  // What was said before stays in sight while the text is wrong.
  if (!silent) list.replaceChildren(...items);
  list.scrollTop = list.scrollHeight;
  const place = document.getElementById('silent');
  place.textContent = silent;
  place.hidden = !silent;
}

async function look() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  const body = new URLSearchParams(new FormData(form));
  body.set('as', 'json');
  try {
    const answer = await fetch(form.action, { method: 'POST', body });
    if (answer.redirected) throw new Error('signed out');
    const looked = await answer.json();
    if (answer.ok) {
      mark(looked.marks, looked.elsewhere);
      talk(looked.talk, looked.silent);
    } else {
      talk([], looked.error);
    }
  } catch {
    talk([], told('lost'));
  }
  busy = false;
  if (again) {
    again = false;
    look();
  }
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(look, PAUSE_MS);
}

gutter.hidden = false;
for (const one of document.querySelectorAll('#marks .to-line')) {
  marks.set(Number(one.dataset.line), one.closest('li').className);
}
number();
text.addEventListener('input', () => {
  number();
  soon();
});
text.addEventListener('scroll', () => {
  gutter.scrollTop = text.scrollTop;
});
form.addEventListener('click', (event) => {
  const to = event.target.closest('.to-line');
  if (to) go(Number(to.dataset.line));
});
document.getElementById('medium').addEventListener('change', look);
document.getElementById('send').addEventListener('click', (event) => {
  event.preventDefault();
  const words = say.value.trim().replace(/\s+/g, ' ');
  if (!words) return;
  const line = words.startsWith('〔') ? words : `村民：${words}`;
  did.value = did.value ? `${did.value}\n${line}` : line;
  say.value = '';
  say.focus();
  look();
});
say.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && !event.isComposing) {
    event.preventDefault();
    document.getElementById('send').click();
  }
});
document.getElementById('restart').addEventListener('click', (event) => {
  event.preventDefault();
  did.value = '';
  look();
});
form.addEventListener('submit', () => {
  left = text.value;
});
window.addEventListener('beforeunload', (event) => {
  if (text.value !== left) event.preventDefault();
});
