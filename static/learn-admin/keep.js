// Nothing that was typed gets lost: kept in this browser while it is unsaved, offered again, and a warning before the
// page is left. A kept text remembers the version it began with; restored over a newer one, saving it is refused by
// the server, which puts both together.
const box = document.querySelector("[data-admin-form]");
const form = box?.closest("form");

if (form) {
  const { key, user, version, bound } = box.dataset;
  const name = `desk:${user}:${key}`;
  const SENT = `desk:sent:${user}`; // in this tab: what was sent, until the server's answer shows whether it was saved
  const fields = [...form.elements].filter(
    (field) => field.name && !field.name.startsWith("_") && field.name !== "csrfmiddlewaretoken" && field.type !== "file" && field.type !== "submit",
  );
  const values = () =>
    Object.fromEntries(fields.map((field) => [field.name, field.type === "checkbox" ? (field.checked ? "on" : "") : field.value]));
  const same = (a, b) => Object.keys(a).every((field) => field === "seen_version" || (a[field] ?? "") === (b[field] ?? ""));
  const start = values();
  let leaving = false;
  let timer = 0;

  // The answer to what was sent: a fresh page of a higher version means that it was saved.
  const sent = JSON.parse(sessionStorage.getItem(SENT) ?? "null");
  sessionStorage.removeItem(SENT);
  if (sent && bound === "no" && (sent.key === key ? version !== sent.version : sent.key === "new")) {
    localStorage.removeItem(`desk:${user}:${sent.key}`);
  }

  const isDirty = () => bound === "yes" || !same(start, values());

  function keep() {
    if (isDirty()) localStorage.setItem(name, JSON.stringify({ at: Date.now(), values: values() }));
    else localStorage.removeItem(name);
  }

  function set(field, value) {
    if (field.type === "checkbox") field.checked = value === "on";
    else field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("desk:set"));
  }

  function offer(kept) {
    const note = document.createElement("div");
    note.className = "admin-note admin-offer";
    note.setAttribute("role", "status");
    const when = new Date(kept.at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
    const text = document.createElement("p");
    text.textContent = `This browser holds changes of ${when} that were never saved.`;
    const restore = Object.assign(document.createElement("button"), { type: "button", className: "button default", textContent: "Restore them" });
    const discard = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: "Discard them" });
    restore.addEventListener("click", () => {
      for (const field of fields) if (field.name in kept.values) set(field, kept.values[field.name]);
      note.remove();
    });
    discard.addEventListener("click", () => {
      localStorage.removeItem(name);
      note.remove();
    });
    note.append(text, restore, " ", discard);
    form.before(note);
  }

  const kept = JSON.parse(localStorage.getItem(name) ?? "null");
  if (bound === "yes") keep();
  else if (kept && same(start, kept.values)) localStorage.removeItem(name);
  else if (kept) offer(kept);

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, 500);
  });
  form.addEventListener("submit", () => {
    keep();
    leaving = true;
    sessionStorage.setItem(SENT, JSON.stringify({ key, version }));
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
      form.requestSubmit(form.querySelector("[name=_continue]"));
    }
  });
}
