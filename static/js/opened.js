// Tells the site, once for each page of results, that one of them was opened: the words that were looked for, no more.
const results = document.querySelector("[data-opened]");
const stop = new AbortController();

for (const event of ["click", "auxclick"]) results?.addEventListener(event, opened, { signal: stop.signal });

function opened({ button, target }) {
  if (button > 1 || !target.closest("a")) return; // 1 is the middle button, which opens a tab
  stop.abort();
  navigator.sendBeacon(results.dataset.opened, new URLSearchParams({ q: results.dataset.asked }));
}
