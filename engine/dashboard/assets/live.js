/*
 * Keeps a page up to date while it is looked at: asks for it again, and changes what is different in place, so that focus,
 * selection, scrolling and opened details stay. A page says by `data-live-ms` on its main part how often; one without is left
 * alone. Without this script pages are the same, and are refreshed by hand.
 */

const slowestMs = 15_000;
const pausedKey = 'engine-paused';

let etag = null;
let failures = 0;
let timer = null;
let asking = null;
let isPaused = sessionStorage.getItem(pausedKey) !== null;

const control = document.getElementById('live');
const button = document.createElement('button');
button.type = 'button';
button.addEventListener('click', () => {
  isPaused = !isPaused;
  if (isPaused) sessionStorage.setItem(pausedKey, '1');
  else sessionStorage.removeItem(pausedKey);
  schedule(0);
});

function main() {
  return document.getElementById('main');
}

function schedule(afterMs) {
  clearTimeout(timer);
  const liveMs = Number(main().dataset.liveMs ?? 0);
  showState(liveMs);
  if (liveMs === 0 || isPaused || document.hidden) return;
  const delayMs = afterMs ?? Math.min(slowestMs, liveMs * 2 ** failures);
  timer = setTimeout(refresh, delayMs);
}

function showState(liveMs) {
  control.hidden = liveMs === 0;
  const state = isPaused ? 'paused' : failures > 0 ? 'lost' : 'on';
  const texts = { paused: 'Paused', lost: 'No connection, trying again', on: 'Live' };
  if (control.dataset.state === state) return;
  control.dataset.state = state;
  button.textContent = isPaused ? 'Resume' : 'Pause';
  control.replaceChildren(texts[state], ' ', button);
}

async function refresh() {
  if (asking !== null) return;
  asking = new AbortController();
  try {
    const headers = etag === null ? {} : { 'if-none-match': etag };
    const response = await fetch(location.href, { headers, signal: asking.signal, cache: 'no-store' });
    if (response.status !== 304) {
      const isPage = response.headers.get('content-type')?.startsWith('text/html');
      if (!isPage) throw new Error(`Cannot refresh: HTTP ${response.status} is no page`);
      etag = response.headers.get('etag');
      show(new DOMParser().parseFromString(await response.text(), 'text/html'));
    }
    failures = 0;
  } catch {
    failures += 1;
  } finally {
    asking = null;
    schedule();
  }
}

function show(fresh) {
  const content = fresh.getElementById('main');
  if (content === null) return;
  document.title = fresh.title;
  morph(main(), content);
}

/** Makes an element like another one, changing as little as possible. */
function morph(old, fresh) {
  copyAttributes(old, fresh);
  let place = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const match = findMatch(place, wanted);
    if (match === null) {
      old.insertBefore(wanted, place);
      continue;
    }
    while (place !== match) place = removeAt(place);
    if (match.nodeType === Node.ELEMENT_NODE) morph(match, wanted);
    else if (match.data !== wanted.data) match.data = wanted.data;
    place = match.nextSibling;
  }
  while (place !== null) place = removeAt(place);
}

/** The node that is to become the wanted one: the one with its id, or else the very next if it is of its kind. */
function findMatch(place, wanted) {
  const id = idOf(wanted);
  if (id === '') return place !== null && isAlike(place, wanted) && idOf(place) === '' ? place : null;
  for (let node = place; node !== null; node = node.nextSibling) if (idOf(node) === id) return node;
  return null;
}

function idOf(node) {
  return node.nodeType === Node.ELEMENT_NODE ? node.id : '';
}

function isAlike(a, b) {
  return a.nodeType === b.nodeType && a.nodeName === b.nodeName;
}

function removeAt(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

/** What a person opened, chose or typed is theirs. */
const ownAttributes = ['open', 'value', 'selected', 'checked'];

function copyAttributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !ownAttributes.includes(name)) old.removeAttribute(name);
  }
  for (const { name, value } of [...fresh.attributes]) {
    if (old.getAttribute(name) !== value && !ownAttributes.includes(name)) old.setAttribute(name, value);
  }
}

document.addEventListener('visibilitychange', () => schedule(0));
window.addEventListener('pagehide', () => asking?.abort());
window.addEventListener('pageshow', () => schedule());
schedule();
