// Nothing that was typed gets lost: kept in this browser while it is unsaved, offered again, and a warning before the
// page is left. A kept text remembers the version it began with; restored over a newer one, saving it is refused by
// the server, which puts both together.
//
// The server keeps what is typed, too (autosave.js). What it has is not held here any longer.
//
// Each form has a key of its own from the server, `draft`, and sends it along. What is kept is removed when the server
// says, in the cookie desk_saved, that it has saved the form of that key, and not before: no page guesses it.
const box = document.querySelector("[data-admin-form]");
const form = box?.closest("form");

if (form) {
  const { key, user, bound, draft } = box.dataset;
  const isNew = key === "new";
  const prefix = `desk:${user}:`;
  // Two tabs with new articles are two articles; two tabs with one article are one.
  const name = isNew ? `${prefix}new:${draft}` : `${prefix}${key}`;
  const ALIVE = 5000; // milliseconds between two signs that a tab with a new article is open
  const fields = [...form.elements].filter(
    (field) => field.name && !field.name.startsWith("_") && field.name !== "csrfmiddlewaretoken" && field.name !== "draft_key" && field.name !== "seen_copy" && field.name !== "goes_live_at" && field.type !== "file" && field.type !== "submit",
  );
  const values = () =>
    Object.fromEntries(fields.map((field) => [field.name, field.type === "checkbox" ? (field.checked ? "on" : "") : field.value]));
  const same = (a, b) => Object.keys(a).every((field) => field === "seen_version" || (a[field] ?? "") === (b[field] ?? ""));
  let start = values();
  let leaving = false;
  let isKept = false; // by the server, as this form was at first or since
  let timer = 0;

  const read = (item) => JSON.parse(localStorage.getItem(item) ?? "null");
  const saved = new Set((document.cookie.match(/(?:^|; )desk_saved=([0-9a-f.]*)/)?.[1] ?? "").split("."));
  for (const item of Object.keys(localStorage)) {
    if (item.startsWith(prefix) && saved.has(read(item)?.draft)) localStorage.removeItem(item);
  }

  const isDirty = () => (bound === "yes" && !isKept) || !same(start, values());

  function keep() {
    if (isDirty()) localStorage.setItem(name, JSON.stringify({ at: Date.now(), alive: Date.now(), draft, values: values() }));
    else localStorage.removeItem(name);
  }

  function note(alive) {
    const mine = read(name);
    if (mine) localStorage.setItem(name, JSON.stringify({ ...mine, alive }));
  }

  function set(field, value) {
    if (field.type === "checkbox") field.checked = value === "on";
    else field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("learn:set"));
  }

  function offer(kept, item) {
    const note = document.createElement("div");
    note.className = "admin-note admin-offer";
    note.setAttribute("role", "status");
    const when = new Date(kept.at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
    const text = document.createElement("p");
    const question = isNew && kept.values.question ? `, “${kept.values.question}”,` : "";
    text.textContent = isNew
      ? `This browser holds a new article of ${when}${question} that was never saved.`
      : `This browser holds changes of ${when} that were never saved.`;
    const restore = Object.assign(document.createElement("button"), { type: "button", className: "button default", textContent: "Restore them" });
    const discard = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: "Discard them" });
    restore.addEventListener("click", () => {
      for (const field of fields) if (field.name in kept.values) set(field, kept.values[field.name]);
      keep();
      if (item !== name) localStorage.removeItem(item); // it is this form's now
      note.remove();
    });
    discard.addEventListener("click", () => {
      localStorage.removeItem(item);
      note.remove();
    });
    note.append(text, restore, " ", discard);
    form.before(note);
  }

  const kept = read(name);
  if (bound === "yes") keep();
  else if (kept && same(start, kept.values)) localStorage.removeItem(name);
  else if (kept) offer(kept, name);
  if (isNew) {
    for (const item of Object.keys(localStorage)) {
      const other = item !== name && (item.startsWith(`${prefix}new:`) || item === `${prefix}new`) ? read(item) : null;
      if (other && Date.now() - (other.alive ?? 0) > 3 * ALIVE) offer(other, item); // its tab is closed
    }
    setInterval(() => note(Date.now()), ALIVE);
    addEventListener("pagehide", () => note(0));
  }

  document.addEventListener("learn:kept", ({ detail }) => {
    start = { ...values(), ...detail.values };
    isKept = !detail.clashes.length;
    keep();
  });
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, 500);
  });
  form.addEventListener("submit", () => {
    keep();
    leaving = true;
  });
  addEventListener("beforeunload", (event) => {
    if (!leaving && isDirty()) {
      keep();
      event.preventDefault();
    }
  });
  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "s") {
      event.preventDefault();
      form.requestSubmit(form.querySelector(".admin-submit .default"));
    }
  });
}
