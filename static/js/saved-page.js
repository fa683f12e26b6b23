// The page of saved questions.
const page = document.querySelector("[data-saved]");
const store = await import(page.dataset.saved);
const items = page.querySelector("ul");
const status = page.querySelector("[role=status]");
const isOffline = page.dataset.offline === "true";
const WORDS = { changed: "Changed since you last read it", moved: "Has a new address", gone: "No longer on the site" };

function show() {
  const entries = store.list();
  const due = store.progress();
  items.replaceChildren(
    ...entries.map((entry) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = entry.path;
      link.textContent = entry.question;
      const note = document.createElement("p");
      note.textContent = entry.changed ? `${entry.subject} · ${WORDS.changed}` : entry.subject;
      const remove = document.createElement("button");
      remove.type = "button";
      remove.className = "plain";
      remove.textContent = "Remove";
      remove.setAttribute("aria-label", `Remove “${entry.question}”`);
      remove.addEventListener("click", async () => {
        const place = [...items.children].indexOf(item);
        await store.remove(entry.path);
        show();
        status.textContent = `Removed “${entry.question}”`;
        (items.children[Math.min(place, items.children.length - 1)]?.querySelector("button") ?? page.querySelector("h2")).focus();
      });
      item.append(link, note, remove);
      item.dataset.path = entry.path;
      return item;
    }),
  );
  const waiting = entries.filter(({ path }) => (due[path]?.due ?? 0) <= Date.now()).length;
  page.querySelector("h2").textContent = entries.length ? `${entries.length} saved question${entries.length > 1 ? "s" : ""}` : "Nothing saved yet";
  page.querySelector("[data-empty]").hidden = entries.length > 0;
  page.querySelector("[data-practise]").hidden = !entries.length;
  page.querySelector("[data-practise]").textContent = `Practise (${waiting} due)`;
  const isEmpty = !entries.length && !Object.keys(due).length;
  page.querySelector("[data-export]").hidden = isEmpty;
  page.querySelector("[data-clear]").hidden = isEmpty;
}

page.querySelector("[data-export]").addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([store.exported()], { type: "application/json" }));
  link.download = "quicktakes-saved.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
});

page.querySelector("[data-import]").addEventListener("change", async ({ target }) => {
  const [file] = target.files;
  if (!file) return;
  try {
    if (file.size > 5_000_000) throw new Error("This file is too large for a list of saved questions.");
    const text = await file.text();
    target.value = "";
    const { added, left } = store.imported(text);
    show();
    status.textContent = `${added} question${added === 1 ? "" : "s"} added.${left ? ` The list is full: ${left} more are left out.` : ""}`;
    if (isOffline) await store.refresh(() => {});
  } catch (error) {
    status.textContent = error.message;
  }
});

page.querySelector("[data-clear]").addEventListener("click", async () => {
  if (!confirm("Remove all saved questions, and what you practised, from this browser?")) return;
  store.forgetProgress();
  await store.end();
  show();
  status.textContent = "The list is empty.";
  page.querySelector("h2").focus();
});

show();
page.querySelector("[data-tools]").hidden = false;
if (!isOffline) {
  // Switched off: what an earlier release kept in this browser goes; the list stays.
  const registration = await navigator.serviceWorker?.getRegistration("/learn/sw.js");
  await registration?.unregister();
  await globalThis.caches?.delete("saved");
} else if (navigator.onLine) {
  await store.refresh((path, what) => {
    const item = items.querySelector(`[data-path="${path}"]`);
    if (item && WORDS[what] && !item.textContent.includes(WORDS[what])) item.querySelector("p").append(` · ${WORDS[what]}`);
  });
  if ([...items.children].some((item) => !store.isSaved(item.dataset.path))) show();
}
