// Shows saved pages while there is no network; with one, every page comes from the site. Fetches nothing by itself.
const CACHE = "saved";
const FILES = new RegExp("[\"'(= ]({{ static_url }}[^\"')\\s>?#]+)", "g");
const PICTURES = /<img [^>]*?src="(\/media\/[^"]+)"/g;

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (pathname.startsWith("{{ static_url }}")) event.respondWith(file(request));
  else if (pathname.startsWith("/media/")) event.respondWith(picture(request, pathname));
  else if (pathname.startsWith("/learn/")) event.respondWith(page(request, pathname));
});

// Named by its content: the kept one is the same. Under another name in development, so the network is asked first.
async function file(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match(request.url, { cacheName: CACHE, ignoreVary: true });
    if (kept) return kept;
    throw error;
  }
}

// A browser asks for the size and format that it likes best; of each picture one version is kept, and does for all.
async function picture(request, pathname) {
  try {
    return await fetch(request);
  } catch (error) {
    const [start] = pathname.match(/^\/media\/[0-9a-f]+/) ?? [];
    if (!start || !(await caches.has(CACHE))) throw error;
    const cache = await caches.open(CACHE);
    const kept = (await cache.keys()).find(({ url }) => new URL(url).pathname.startsWith(start));
    if (!kept) throw error;
    return cache.match(kept, { ignoreVary: true });
  }
}

async function page(request, pathname) {
  try {
    const response = await fetch(request);
    if (response.ok && !response.redirected && request.mode === "navigate") await renew(pathname, response.clone());
    return response;
  } catch (error) {
    const kept = await caches.match(pathname, { cacheName: CACHE, ignoreVary: true });
    if (kept) return kept;
    if (request.mode !== "navigate") throw error;
    const list = await caches.match("/learn/saved", { cacheName: CACHE, ignoreVary: true });
    if (list) return list;
    throw error;
  }
}

// What was just read is what will be read offline, if its files are kept: the page of saved questions sees to these.
async function renew(pathname, response) {
  const cache = await caches.open(CACHE);
  if (!(await cache.match(pathname, { ignoreVary: true }))) return;
  const text = await response.text();
  const files = [...text.matchAll(FILES), ...text.matchAll(PICTURES)].map((match) => match[1]);
  for (const name of new Set(files)) if (!(await cache.match(name))) await cache.add(name);
  const headers = { "Content-Type": "text/html; charset=utf-8" };
  const policy = response.headers.get("Content-Security-Policy");
  if (policy) headers["Content-Security-Policy"] = policy;
  await cache.put(pathname, new Response(text, { headers }));
}
