// Nothing that was typed gets lost: kept in this browser while it is unsaved, offered again, and a warning before the
// page is left. Kept is what was changed, each field beside what it began with, and the version and the draft it began
// with: restored over newer ones, the server puts both together.
//
// The server keeps what is typed, too (autosave.js). What it has is not held here any longer.
//
// Each form has a key of its own from the server, `draft`, and sends it along. What is kept is removed when the server
// says, in the cookie desk_saved, that it has saved the form of that key, and not before: no page guesses it.
const box = document.querySelector("[data-admin-form]");
const form = box?.closest("form");

if (form) {
  const { key, user, draft } = box.dataset;
  const isNew = key === "new";
  const prefix = `desk:${user}:`;
  // Two tabs with new articles are two articles; two tabs with one article are one.
  let name = isNew ? `${prefix}new:${draft}` : `${prefix}${key}`;
  const ALIVE = 5000; // milliseconds between two signs that a tab is open
  const fields = [...form.elements].filter(
    (field) => field.name && !field.name.startsWith("_") && field.name !== "csrfmiddlewaretoken" && field.name !== "draft_key" && field.name !== "seen_copy" && field.name !== "seen_values" && field.name !== "goes_live_at" && field.type !== "file" && field.type !== "submit",
  );
  const values = () =>
    Object.fromEntries(fields.map((field) => [field.name, field.type === "checkbox" ? (field.checked ? "on" : "") : field.value]));
  // A form that was refused holds what was posted; what the server has comes beside it.
  const held = JSON.parse(document.getElementById("admin-held")?.textContent ?? "{}");
  let start = { ...values(), ...held }; // what the server has
  let leaving = false;
  let timer = 0;

  function read(item) {
    const kept = JSON.parse(localStorage.getItem(item) ?? "null");
    // Kept by an earlier build, which noted no beginning: where it differs from the draft, a person decides.
    if (kept && !kept.changes) kept.changes = Object.fromEntries(Object.entries(kept.values).map(([field, value]) => [field, ["", value]]));
    return kept;
  }
  const saved = new Set((document.cookie.match(/(?:^|; )desk_saved=([0-9a-f.]*)/)?.[1] ?? "").split("."));
  for (const item of Object.keys(localStorage)) {
    // Not what was typed since it was sent, in another tab with the same new article.
    if (item.startsWith(prefix) && read(item)?.sent && saved.has(read(item).draft)) localStorage.removeItem(item);
  }

  // By field: what it began with, and what it is now.
  const changes = () =>
    Object.fromEntries(
      Object.entries(values())
        .filter(([field, value]) => field !== "seen_version" && value !== (start[field] ?? ""))
        .map(([field, value]) => [field, [start[field] ?? "", value]]),
    );
  const isDirty = () => Object.keys(changes()).length > 0;

  function keep() {
    const [version, copy] = [form.elements.seen_version?.value, form.elements.seen_copy?.value];
    const now = Date.now();
    if (isDirty()) localStorage.setItem(name, JSON.stringify({ at: now, alive: now, draft, sent: leaving, version, copy, changes: changes() }));
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
    const asked = kept.changes.question?.[1];
    const question = isNew && asked ? `, “${asked}”,` : "";
    text.textContent = isNew
      ? `This browser holds a new article of ${when}${question} that was never saved.`
      : `This browser holds changes of ${when} that were never saved.`;
    const restore = Object.assign(document.createElement("button"), { type: "button", className: "button default", textContent: "Restore them" });
    const discard = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: "Discard them" });
    restore.addEventListener("click", () => {
      const base = Object.fromEntries(Object.entries(kept.changes).map(([field, [before]]) => [field, before]));
      Object.assign(start, base);
      for (const field of fields) if (field.name in kept.changes) set(field, kept.changes[field.name][1]);
      if (kept.version && form.elements.seen_version) form.elements.seen_version.value = kept.version;
      keep();
      document.dispatchEvent(new CustomEvent("learn:restored", { detail: { base, copy: isNew && kept.draft !== draft ? "" : (kept.copy ?? "") } }));
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
  const isThere = (changed) => Object.entries(changed).every(([field, [, value]]) => (start[field] ?? "") === value);
  const isOpen = ({ alive = 0 }) => Date.now() - alive < 3 * ALIVE; // in a tab
  if (isDirty()) keep();
  else if (kept && isThere(kept.changes)) localStorage.removeItem(name);
  else if (kept && isOpen(kept)) offer(kept, name);
  else if (kept) {
    // Aside, where what is typed now does not take its place before somebody decided about it.
    localStorage.setItem(`${name}:${kept.at}`, JSON.stringify(kept));
    localStorage.removeItem(name);
  }
  for (const item of Object.keys(localStorage)) {
    const isAside = item.startsWith(`${name}:`);
    const isAnother = isNew && item !== name && (item.startsWith(`${prefix}new:`) || item === `${prefix}new`);
    if (isAside && isThere(read(item).changes)) localStorage.removeItem(item);
    else if (isAside || (isAnother && !isOpen(read(item)))) offer(read(item), item);
  }
  setInterval(() => note(Date.now()), ALIVE);
  addEventListener("pagehide", () => note(0));

  document.addEventListener("learn:kept", ({ detail }) => {
    start = { ...values(), ...detail.values };
    if (detail.article) {
      localStorage.removeItem(name);
      name = `${prefix}${detail.article}`; // it is saved: what is typed here is offered there
    }
    keep();
  });
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, 500);
  });
  form.addEventListener("submit", () => {
    leaving = true;
    keep();
  });
  addEventListener("pageshow", () => {
    leaving = false; // the answer of a save never came, and the browser went back
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
