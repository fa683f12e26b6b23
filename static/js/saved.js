// The list of saved questions: kept in this browser, each with the files that its page needs to be read offline.
const LIST = "saved";
const PRACTICE = "practice";
const CACHE = "saved";
const WORKER = "/learn/sw.js";
const ARTICLE = /^\/learn\/[a-z0-9-]+\/questions\/[a-z0-9-]+$/;
const SHELLS = ["/learn/saved", "/learn/practise"]; // pages that work on the list
const MOST = 1000;
const FILE = /["'(= ](\/static\/[^"')\s>?#]+)/g;
const PICTURE = /<img [^>]*?src="(\/media\/[^"]+)"/g; // the version that every browser shows; the worker knows the others

function stored(key, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? otherwise;
  } catch {
    return otherwise; // storage is forbidden, or somebody else wrote there
  }
}

export function list() {
  const found = stored(LIST, []);
  return Array.isArray(found) ? found.filter(isEntry) : [];
}

export function progress() {
  const found = stored(PRACTICE, {});
  return Object.fromEntries(Object.entries(found).filter(([path, card]) => ARTICLE.test(path) && isCard(card)));
}

export function keepProgress(found) {
  localStorage.setItem(PRACTICE, JSON.stringify(found));
}

export const isSaved = (path) => list().some((entry) => entry.path === path);

const isCard = (card) => ["ease", "days", "times", "due"].every((name) => Number.isFinite(card?.[name]));

function isEntry(entry) {
  return entry && typeof entry.path === "string" && ARTICLE.test(entry.path) && typeof entry.question === "string" && typeof entry.subject === "string";
}

// That an article changed is told until it is opened.
function mark(path, isChanged) {
  try {
    keep(list().map((entry) => (entry.path === path ? { ...entry, changed: isChanged } : entry)));
  } catch {
    // The storage is full: it is told this once.
  }
}

/** Forgets that the article at `path` changed: it is being read. */
export function read(path) {
  if (list().some((entry) => entry.path === path && entry.changed)) mark(path, false);
}

function keep(entries) {
  if (entries.length) localStorage.setItem(LIST, JSON.stringify(entries.slice(0, MOST)));
  else localStorage.removeItem(LIST);
}

/**
 * Saves a question, and its page for offline where the browser and the site let it.
 * Throws where nothing can be kept, and where `path` is not the address of an article: a preview may be revoked.
 */
export async function save({ path, question, subject }, isOffline) {
  if (!ARTICLE.test(path)) throw new RangeError(`No article stands at ${path}.`);
  const entry = { path, question: question.slice(0, 500), subject: subject.slice(0, 200), saved: new Date().toISOString() };
  keep([entry, ...list().filter((other) => other.path !== path)]);
  if (isOffline) await begin([path]);
}

export async function remove(path) {
  keep(list().filter((entry) => entry.path !== path));
  if (!list().length) return end();
  const cache = await opened();
  await cache?.delete(path);
  if (cache) await prune(cache);
}

/** Without the list nothing of ours stays in the browser: no worker, no files. */
export async function end() {
  localStorage.removeItem(LIST);
  const registration = await navigator.serviceWorker?.getRegistration(WORKER);
  await registration?.unregister();
  await globalThis.caches?.delete(CACHE);
}

const opened = () => globalThis.caches?.open(CACHE); // only where the connection is secure

async function begin(paths) {
  if (!navigator.serviceWorker || !globalThis.caches) return;
  await navigator.serviceWorker.register(WORKER, { scope: "/learn/" });
  const cache = await opened();
  for (const path of [...paths, ...SHELLS]) await fetched(cache, path);
}

/** The page at `path`, fetched anew and kept with its files: "same", "changed", "moved", "gone", or "offline". */
async function fetched(cache, path) {
  let response;
  try {
    response = await fetch(path, { cache: "no-cache", credentials: "omit" });
  } catch {
    return "offline";
  }
  if (response.status === 404 || response.status === 410) {
    await cache.delete(path);
    return "gone";
  }
  if (!response.ok) return "offline";
  const place = new URL(response.url).pathname;
  const text = await response.text();
  const before = await (await cache.match(place, { ignoreVary: true }))?.text();
  for (const file of filesOf(text)) await withFile(cache, file);
  await cache.put(place, new Response(text, { headers: { "Content-Type": "text/html; charset=utf-8", ...policy(response) } }));
  if (place !== path && ARTICLE.test(path)) {
    await cache.delete(path);
    keep(list().map((entry) => (entry.path === path && ARTICLE.test(place) ? { ...entry, path: place } : entry)));
    return "moved";
  }
  if (before === undefined || answerOf(before) === answerOf(text)) return "same";
  mark(place, true);
  return "changed";
}

function policy(response) {
  const found = response.headers.get("Content-Security-Policy");
  return found ? { "Content-Security-Policy": found } : {};
}

// What a reader reads of a page; its links to others change without it.
const answerOf = (text) => text?.match(/<article>[^]*<\/article>/)?.[0].replace(/\/static\/[^"]+/g, "");

const filesOf = (text) => new Set([...text.matchAll(FILE), ...text.matchAll(PICTURE)].map((match) => match[1]));

// Files are named by their content: what is there is right. A style sheet names fonts.
async function withFile(cache, file) {
  if (await cache.match(file)) return;
  const response = await fetch(file);
  if (!response.ok) return;
  await cache.put(file, response.clone());
  if (!file.endsWith(".css")) return;
  for (const [, name] of (await response.text()).matchAll(/url\(["']?([^"')]+\.woff2)/g)) {
    const font = new URL(name, new URL(file, location.href)).pathname;
    await withFile(cache, font);
  }
}

const isFile = (pathname) => /^\/(?:static|media)\//.test(pathname);

// Drops the files that no kept page names any more, as after a release.
async function prune(cache) {
  const wanted = new Set();
  const entries = await cache.keys();
  for (const request of entries) {
    const { pathname } = new URL(request.url);
    const response = await cache.match(request, { ignoreVary: true });
    if (isFile(pathname) && !pathname.endsWith(".css")) continue;
    const text = await response.text();
    for (const file of filesOf(text)) wanted.add(file);
    for (const [, name] of text.matchAll(/url\(["']?([^"')]+\.woff2)/g)) wanted.add(new URL(name, request.url).pathname);
  }
  for (const request of entries) {
    const { pathname } = new URL(request.url);
    if (isFile(pathname) && !wanted.has(pathname)) await cache.delete(request);
  }
}

/** Fetches every saved page anew; tells of each what became of it. */
export async function refresh(tell) {
  if (!list().length) return;
  await navigator.serviceWorker?.register(WORKER, { scope: "/learn/" });
  const cache = await opened();
  if (!cache) return;
  for (const shell of SHELLS) if ((await fetched(cache, shell)) === "offline") return;
  for (const { path } of list()) tell(path, await fetched(cache, path));
  await prune(cache);
}

/** Forgets what was practised, here and on the pages of subjects and topics. */
export const forgetProgress = () => localStorage.removeItem(PRACTICE);

/** The list and what was practised, as the text of a file. */
export function exported() {
  return JSON.stringify({ kind: "quicktakes-saved", version: 1, saved: list(), practice: progress() }, null, 1);
}

/** Adds what a file of `exported` holds; how many questions came. Throws an Error that says what is wrong with it. */
export function imported(text) {
  let file;
  try {
    file = JSON.parse(text);
  } catch {
    throw new Error("This file is no list of saved questions: it is not JSON.");
  }
  if (file?.kind !== "quicktakes-saved" || file.version !== 1 || !Array.isArray(file.saved)) {
    throw new Error("This file is no list of saved questions.");
  }
  const known = new Set(list().map((entry) => entry.path));
  const entries = new Map(file.saved.filter((entry) => isEntry(entry) && !known.has(entry.path)).map((entry) => [entry.path, entry]));
  const added = [...entries.values()].slice(0, MOST - known.size).map(({ path, question, subject, saved }) => ({
    path,
    question: question.slice(0, 500),
    subject: subject.slice(0, 200),
    saved: String(saved).slice(0, 30),
  }));
  keep([...list(), ...added]);
  const practised = Object.entries(file.practice ?? {}).filter(([path, card]) => ARTICLE.test(path) && isCard(card));
  if (practised.length) keepProgress({ ...Object.fromEntries(practised), ...progress() });
  return { added: added.length, left: entries.size - added.length };
}
