// Suggests questions while a visitor types: https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
const PAUSE = 120; // milliseconds without a key before asking
const SHORTEST = 2;

for (const form of document.querySelectorAll("form[data-suggest]")) enhance(form, form.querySelector("input"));

function enhance(form, field) {
  const panel = document.createElement("div");
  panel.className = "suggestions";
  panel.hidden = true;
  const list = document.createElement("ul");
  list.id = `${field.id}-suggestions`;
  list.role = "listbox";
  list.ariaLabel = "Suggested questions";
  // For a finger; the keyboard has Escape, and a reader of the screen the field itself.
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain";
  button.textContent = "Close";
  button.tabIndex = -1;
  button.ariaHidden = "true";
  panel.append(list, button);
  form.append(panel);
  field.role = "combobox";
  field.ariaAutoComplete = "list";
  field.ariaExpanded = "false";
  field.setAttribute("aria-controls", list.id);

  const known = new Map();
  let timer;
  let asking = new AbortController();
  let active = -1;

  function close() {
    clearTimeout(timer);
    asking.abort();
    panel.hidden = true;
    field.ariaExpanded = "false";
    activate(-1);
  }

  function activate(index) {
    list.children[active]?.setAttribute("aria-selected", "false");
    active = index;
    const option = list.children[active];
    if (!option) return field.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", option.id);
  }

  function show(suggestions) {
    list.replaceChildren(
      ...suggestions.map(({ question, subject, url }, index) => {
        const option = document.createElement("li");
        const lines = document.createElement("span");
        const small = document.createElement("small");
        small.textContent = subject;
        lines.append(question, " ", small);
        option.append(lines);
        option.id = `${list.id}-${index}`;
        option.role = "option";
        option.dataset.url = url;
        option.setAttribute("aria-selected", "false");
        return option;
      }),
    );
    activate(-1);
    panel.hidden = suggestions.length === 0;
    panel.scrollTop = 0;
    field.ariaExpanded = String(!panel.hidden);
  }

  async function ask() {
    const text = field.value.trim();
    asking.abort();
    asking = new AbortController();
    try {
      if (!known.has(text)) {
        const address = `${form.dataset.suggest}?q=${encodeURIComponent(text)}`;
        const answer = await fetch(address, { signal: asking.signal });
        known.set(text, (await answer.json()).suggestions);
      }
      if (document.activeElement === field) show(known.get(text));
    } catch (error) {
      if (error.name !== "AbortError") close(); // offline: the form works without suggestions
    }
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    if (field.value.trim().length < SHORTEST) close();
    else timer = setTimeout(ask, PAUSE);
  });
  field.addEventListener("keydown", (event) => {
    if (panel.hidden || event.isComposing) return;
    const last = list.children.length - 1;
    if (event.key === "ArrowDown") activate(active === last ? -1 : active + 1);
    else if (event.key === "ArrowUp") activate(active === -1 ? last : active - 1);
    else if (event.key === "Escape") close();
    else if (event.key === "Enter" && active >= 0) location.href = list.children[active].dataset.url;
    else return;
    event.preventDefault();
  });
  field.addEventListener("blur", close);
  form.addEventListener("submit", close);
  // Pressing, not clicking: the click would come after the blur that closes the list.
  panel.addEventListener("pointerdown", (event) => event.preventDefault());
  button.addEventListener("click", close);
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[data-url]");
    if (option) location.href = option.dataset.url;
  });
}
