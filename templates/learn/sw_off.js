// Reading offline is switched off: what was kept for it goes, and this worker with it.
addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(caches.delete("saved").then(() => registration.unregister())));
