// Suggests questions while a visitor types: a combobox with a list box.
// https://www.w3.org/WAI/ARIA/apg/patterns/combobox/ ; Enter without a choice searches, as without this script.
const PAUSE = 150; // milliseconds without a key before the server is asked

for (const form of document.querySelectorAll("[data-search]")) {
  const field = form.querySelector("[type=search]");
  const list = document.createElement("ul");
  const known = new Map();
  let urls = [];
  let chosen = -1;
  let timer;

  list.id = `${field.id}-suggestions`;
  list.className = "suggestions";
  list.role = "listbox";
  list.ariaLabel = "Suggestions";
  list.hidden = true;
  form.append(list);
  field.role = "combobox";
  field.ariaAutoComplete = "list";
  field.setAttribute("aria-controls", list.id);
  close();

  function close() {
    clearTimeout(timer);
    urls = [];
    choose(-1);
    list.hidden = true;
    field.ariaExpanded = "false";
  }

  function choose(index) {
    chosen = index;
    [...list.children].forEach((option, position) => (option.ariaSelected = String(position === index)));
    if (index < 0) field.removeAttribute("aria-activedescendant");
    else field.setAttribute("aria-activedescendant", list.children[index].id);
  }

  function show(suggestions) {
    urls = suggestions.map((each) => each.url);
    list.replaceChildren(
      ...suggestions.map(({ question, subject }, index) => {
        const option = document.createElement("li");
        const small = document.createElement("small");
        option.id = `${list.id}-${index}`;
        option.role = "option";
        small.textContent = subject;
        option.append(question, small);
        return option;
      }),
    );
    choose(-1);
    list.hidden = !urls.length;
    field.ariaExpanded = String(!list.hidden);
  }

  async function ask() {
    const text = field.value.trim();
    if (text.length < 2) return close();
    if (!known.has(text)) {
      try {
        const response = await fetch(`/learn/search/suggest?q=${encodeURIComponent(text)}`);
        known.set(text, (await response.json()).suggestions);
      } catch {
        return close(); // no network: the field still searches
      }
    }
    // Somebody who typed on, or left, wants no answer to what stood there before.
    if (text === field.value.trim() && document.activeElement === field) show(known.get(text));
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && urls.length) {
      event.preventDefault();
      const places = urls.length + 1; // the field itself is one
      choose(((chosen + 1 + step + places) % places) - 1);
    } else if (event.key === "Enter" && chosen >= 0) {
      event.preventDefault();
      location.assign(urls[chosen]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault(); // the text stays
      close();
    }
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // keeps the focus in the field
  list.addEventListener("click", (event) => {
    const option = event.target.closest("li");
    if (option) location.assign(urls[[...list.children].indexOf(option)]);
  });
}
