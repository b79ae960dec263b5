// The villager's phone. Sends what is typed, asks for what is new, shows each message once.
'use strict';

const phone = document.getElementById('phone');
const talk = document.getElementById('talk');
const text = document.getElementById('text');
const sendButton = document.getElementById('send');
const voiceButton = document.getElementById('voice');
const base = '/phone/' + encodeURIComponent(phone.dataset.user);

const POLL_MS = 2000;
const POLL_SLOWEST_MS = 15000;
const PAGE = 100; // the server gives at most this many messages at once
const GAP_MS = 5 * 60 * 1000; // a silence that gets a time line, as in WeChat
const PHOTO_BYTES_MAX = 10 * 1024 * 1024;
const VOICE_MS_MAX = 60 * 1000;

let last = 0; // the highest id on the screen
let lastAt = 0;
let wait = POLL_MS;
let timer = 0;
let asking = null;

// ---- what is said when something is wrong

function trouble(line) {
  const place = document.getElementById('trouble');
  place.textContent = line || '';
  place.hidden = !line;
}

class Refused extends Error {}

async function post(path, body, type) {
  let answer;
  try {
    answer = await fetch(base + path, { method: 'POST', headers: { 'Content-Type': type }, body });
  } catch {
    throw new Refused('没连上，没有发出去。请过一会儿再发。');
  }
  if (answer.ok) return;
  const told = await answer.json().catch(() => ({}));
  throw new Refused(told.error || '没有发出去（' + answer.status + '），请过一会儿再发。');
}

// Returns whether it went out; what was typed stays until it did.
async function send(path, body, type) {
  try {
    await post(path, body, type);
    trouble('');
  } catch (error) {
    trouble(error.message);
    return false;
  }
  await ask();
  return true;
}

const say = (message) => send('/send', JSON.stringify(message), 'application/json');

// ---- showing

const clock = new Intl.DateTimeFormat('zh-CN', {
  timeZone: 'Asia/Shanghai', month: 'numeric', day: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false,
});

function when(date) {
  const part = Object.fromEntries(clock.formatToParts(date).map((p) => [p.type, p.value]));
  return `${part.month}月${part.day}日 ${part.hour}:${part.minute}`;
}

function element(tag, className, content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (content) made.textContent = content;
  return made;
}

function row(mine) {
  const line = element('div', mine ? 'row me' : 'row');
  const face = mine ? element('span', 'face', phone.dataset.initial) : element('img', 'face');
  if (!mine) face.src = phone.dataset.mark;
  mine ? face.setAttribute('aria-hidden', 'true') : (face.alt = '便民');
  line.append(face);
  return line;
}

// Addresses in a text become links; all else stays text, whatever it looks like.
function fill(bubble, content) {
  for (const part of content.split(/(https?:\/\/[\w\-./?=&%#:~+]+)/)) {
    if (/^https?:\/\//.test(part)) {
      const link = element('a', '', part);
      link.href = part;
      link.target = '_blank';
      link.rel = 'noreferrer';
      bubble.append(link);
    } else if (part) {
      bubble.append(part);
    }
  }
}

function picture(url, label) {
  const image = element('img');
  image.src = url;
  image.alt = label || '照片';
  image.addEventListener('load', toEnd);
  // A recording has the same kind of address as a photo: what is no picture is played.
  image.addEventListener('error', () => {
    const sound = element('audio');
    sound.controls = true;
    sound.preload = 'none';
    sound.src = url;
    image.closest('a').replaceWith(sound);
    toEnd();
  });
  const link = element('a');
  link.href = url;
  link.target = '_blank';
  link.append(image);
  return link;
}

function show(message) {
  const at = new Date(message.at);
  if (at - lastAt > GAP_MS) talk.append(element('p', 'time', when(at)));
  lastAt = at;
  const line = row(message.from === 'me');
  const bubble = element('div', message.media_url ? 'bubble media' : 'bubble');
  bubble.title = when(at);
  if (message.media_url) bubble.append(picture(message.media_url, message.text));
  else fill(bubble, message.text);
  line.append(bubble);
  talk.append(line);
}

let pinned = true; // she is at the end and wants to stay there
talk.addEventListener('scroll', () => {
  pinned = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 80;
});
function toEnd() {
  if (pinned) talk.scrollTop = talk.scrollHeight;
}

// ---- asking for what is new; one question at a time

async function fetchNew() {
  for (;;) {
    const answer = await fetch(base + '/messages?after=' + last);
    if (!answer.ok) throw new Error(String(answer.status));
    const messages = await answer.json();
    for (const message of messages) {
      if (message.id <= last) continue;
      last = message.id;
      show(message);
    }
    toEnd();
    if (messages.length < PAGE) return;
  }
}

let away = false;
async function ask() {
  // An answer that is already on its way may be older than what was just sent.
  while (asking) await asking;
  clearTimeout(timer);
  asking = fetchNew().then(
    () => {
      if (away) trouble('');
      away = false;
      wait = POLL_MS;
    },
    () => {
      away = true;
      wait = Math.min(wait * 2, POLL_SLOWEST_MS);
      trouble('连不上，正在重试……');
    },
  );
  await asking;
  asking = null;
  clearTimeout(timer);
  timer = setTimeout(ask, document.hidden ? POLL_SLOWEST_MS : wait);
}
document.addEventListener('visibilitychange', () => document.hidden || ask());

// ---- writing

function fit() {
  sendButton.disabled = !text.value.trim();
  text.style.height = 'auto';
  text.style.height = Math.min(text.scrollHeight, 136) + 'px';
}
text.addEventListener('input', fit);
text.addEventListener('keydown', (event) => {
  // While an input method composes, Enter chooses characters.
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  document.getElementById('write').requestSubmit();
});

let busy = false;
document.getElementById('write').addEventListener('submit', async (event) => {
  event.preventDefault();
  const words = text.value;
  if (busy || !words.trim()) return;
  busy = true;
  pinned = true;
  const line = row(true);
  const bubble = element('div', 'bubble sending', words);
  line.append(bubble);
  talk.append(line);
  toEnd();
  text.value = '';
  fit();
  let sent = false;
  try {
    await post('/send', JSON.stringify({ kind: 'text', text: words }), 'application/json');
    sent = true;
    trouble('');
  } catch (error) {
    text.value = text.value ? words + '\n' + text.value : words;
    fit();
    trouble(error.message);
  }
  line.remove();
  busy = false;
  if (sent) await ask();
  text.focus();
});

for (const button of document.querySelectorAll('nav button')) {
  button.addEventListener('click', () => {
    button.closest('details')?.removeAttribute('open');
    say({ kind: 'menu', key: button.dataset.key });
  });
}

// ---- photo

const file = document.getElementById('file');
document.getElementById('photo').addEventListener('click', () => file.click());
file.addEventListener('change', async () => {
  const chosen = file.files[0];
  file.value = '';
  if (!chosen) return;
  if (chosen.size > PHOTO_BYTES_MAX) return trouble('照片超过10兆，请换一张小些的。');
  pinned = true;
  await send('/photo', chosen, chosen.type || 'application/octet-stream');
});

// ---- voice

// Without a microphone a second of silence goes out, so that the way can be tried.
function silence() {
  const rate = 8000;
  const bytes = new DataView(new ArrayBuffer(44 + rate));
  const word = (at, letters) => [...letters].forEach((c, i) => bytes.setUint8(at + i, c.charCodeAt(0)));
  word(0, 'RIFF'); bytes.setUint32(4, 36 + rate, true); word(8, 'WAVEfmt ');
  bytes.setUint32(16, 16, true); bytes.setUint16(20, 1, true); bytes.setUint16(22, 1, true);
  bytes.setUint32(24, rate, true); bytes.setUint32(28, rate, true);
  bytes.setUint16(32, 1, true); bytes.setUint16(34, 8, true);
  word(36, 'data'); bytes.setUint32(40, rate, true);
  for (let i = 0; i < rate; i += 1) bytes.setUint8(44 + i, 128);
  return new Blob([bytes], { type: 'audio/wav' });
}

let recorder = null;
voiceButton.addEventListener('click', async () => {
  if (recorder) return recorder.stop();
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch {
    if (await send('/voice', silence(), 'audio/wav')) trouble('没有麦克风，发了一秒空白录音。');
    return;
  }
  const parts = [];
  recorder = new MediaRecorder(stream);
  recorder.addEventListener('dataavailable', (event) => parts.push(event.data));
  recorder.addEventListener('stop', () => {
    const type = recorder.mimeType.split(';')[0] || 'audio/webm';
    recorder = null;
    stream.getTracks().forEach((track) => track.stop());
    voiceButton.classList.remove('on');
    voiceButton.setAttribute('aria-label', '发语音');
    pinned = true;
    send('/voice', new Blob(parts, { type }), type);
  });
  recorder.start();
  voiceButton.classList.add('on');
  voiceButton.setAttribute('aria-label', '说完了，发送');
  const current = recorder;
  setTimeout(() => recorder === current && current.stop(), VOICE_MS_MAX);
});

// ---- place, following

const field = (id) => document.getElementById(id);
function open(id) {
  const dialog = field(id);
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener('close', () => done(dialog.returnValue === 'send'), { once: true });
  });
}

field('place').addEventListener('click', async () => {
  if (!(await open('ask-place'))) return;
  const latitude = Number(field('latitude').value);
  const longitude = Number(field('longitude').value);
  if (!Number.isFinite(latitude) || !Number.isFinite(longitude)) return trouble('经纬度要写成数字。');
  say({ kind: 'location', latitude, longitude, label: field('label').value.trim() });
});
field('here').addEventListener('click', () => {
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      field('latitude').value = coords.latitude.toFixed(6);
      field('longitude').value = coords.longitude.toFixed(6);
    },
    () => trouble('手机没有给出位置，请自己填。'),
  );
});

const more = document.querySelector('.more');
const chosen = (id, act) => field(id).addEventListener('click', () => { more.open = false; act(); });
chosen('follow', () => say({ kind: 'follow', scene: null }));
chosen('unfollow', () => say({ kind: 'unfollow' }));
chosen('scan', async () => {
  if (await open('ask-scene')) say({ kind: 'follow', scene: field('scene').value.trim() || null });
});

ask();
