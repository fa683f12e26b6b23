// A text field that offers articles while one types, as a combobox: https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
const WAIT = 200; // milliseconds without a keystroke
let boxes = 0;

// Makes `input` a combobox. `ask(term)` promises articles; `choose(article)` is called with the one that is chosen;
// `say(text)` tells screen readers what happened.
export function combobox(input, { ask, choose, say = () => {} }) {
  const list = document.createElement("ul");
  list.id = `admin-options-${++boxes}`;
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Questions found");
  const frame = document.createElement("div");
  frame.className = "admin-search";
  input.before(frame);
  frame.append(input, list);
  for (const [name, value] of Object.entries({
    role: "combobox", autocomplete: "off", "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list",
  })) input.setAttribute(name, value);
  let active = -1;
  let timer = 0;
  let latest = 0;

  function close() {
    latest += 1; // an answer that is still on its way comes too late
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function point(index) {
    const options = [...list.children];
    if (!options.length) return;
    active = (index + options.length) % options.length;
    options.forEach((option, number) => option.setAttribute("aria-selected", String(number === active)));
    input.setAttribute("aria-activedescendant", options[active].id);
    options[active].scrollIntoView({ block: "nearest" });
  }

  function take(article) {
    close();
    choose(article);
  }

  async function search() {
    const term = input.value.trim();
    const number = ++latest;
    const articles = term ? await ask(term) : [];
    if (number !== latest) return;
    list.replaceChildren(
      ...articles.map((article, index) => {
        const option = document.createElement("li");
        option.id = `${list.id}-${index}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.textContent = `${article.question} (${article.subject}${article.isPublished ? "" : ", not published"})`;
        option.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          take(article);
        });
        option.take = () => take(article);
        return option;
      }),
    );
    list.hidden = articles.length === 0;
    active = -1;
    input.setAttribute("aria-expanded", String(articles.length > 0));
    say(!term ? "" : articles.length ? `${articles.length} found` : "Nothing found");
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, WAIT);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      point(active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && !list.hidden) {
      event.preventDefault(); // chooses, and does not send the form
      list.children[Math.max(active, 0)].take();
    } else if (event.key === "Escape") {
      close();
    }
  });
  input.addEventListener("blur", close);
}

// Articles from one of the desk's addresses that answer with them.
export async function askFor(url, parameters) {
  const response = await fetch(`${url}?${new URLSearchParams(parameters)}`);
  return response.ok ? (await response.json()).articles : [];
}
