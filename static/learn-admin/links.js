// Links to articles by search: `[[` in the answer, or the button above it, opens a field that finds questions; the one
// that is chosen becomes a link in the place of the brackets, or of the words that were selected.
// By the address in the page: in production a file's name holds a hash of its content, which no other script knows.
const { askFor, combobox } = await import(document.getElementById("admin-combobox").href);

const form = document.querySelector("[data-admin-form]");
const answer = document.getElementById("id_answer");
const bar = document.querySelector(".admin-marks");

if (form && answer && !answer.readOnly) {
  const panel = document.createElement("div");
  panel.className = "admin-linking";
  panel.setAttribute("role", "dialog");
  panel.setAttribute("aria-label", "Link to a question");
  panel.hidden = true;
  const label = document.createElement("label");
  label.htmlFor = "admin-link-search";
  label.textContent = "Link to a question";
  const input = document.createElement("input");
  input.type = "search";
  input.id = label.htmlFor;
  input.placeholder = "Words, or an address";
  const said = document.createElement("p");
  said.className = "quiet";
  said.setAttribute("role", "status");
  const close = document.createElement("button");
  close.type = "button";
  close.className = "admin-plain";
  close.textContent = "Close";
  const frame = document.createElement("div");
  frame.className = "admin-linking-place";
  panel.append(label, input, said, close);
  frame.append(panel);
  answer.before(frame);
  let place = null; // what a link takes the place of: [start, end]

  const say = (text) => {
    said.textContent = text;
  };

  function open(start, end) {
    place = [start, end];
    panel.hidden = false;
    input.value = "";
    say("Type words of the question. Arrows choose, Enter links, Escape goes back.");
    input.focus();
  }

  function back() {
    panel.hidden = true;
    answer.focus();
    if (place) answer.setSelectionRange(place[1], place[1]);
    place = null;
  }

  function insert(article) {
    const [start, end] = place;
    const selected = answer.value.slice(start, end);
    const words = selected && selected !== "[[" ? selected : article.question;
    const made = `[${words.replace(/\\?[[\]]/g, (mark) => `\\${mark.at(-1)}`)}](${article.url})`;
    panel.hidden = true;
    place = null;
    answer.focus();
    answer.setSelectionRange(start, end);
    // Deprecated, but the only way that keeps the browser's undo.
    if (!document.execCommand("insertText", false, made)) {
      answer.setRangeText(made, start, end, "end");
      answer.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  combobox(input, { ask: (term) => askFor(form.dataset.find, { q: term }), choose: insert, say });

  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault(); // a search, never the whole form
    if (event.key === "Escape" && input.getAttribute("aria-expanded") === "false") {
      event.preventDefault();
      back();
    }
  }, true); // before the list, which its own Escape closes first
  panel.addEventListener("focusout", (event) => {
    if (!panel.contains(event.relatedTarget)) panel.hidden = true;
  });
  close.addEventListener("click", back);

  answer.addEventListener("input", (event) => {
    const end = answer.selectionStart;
    const isTyped = event.inputType === "insertText" && event.data === "[" && answer.selectionEnd === end;
    const before = answer.value.slice(0, end);
    if (isTyped && /(?:^|[^[])\[\[$/.test(before) && !isInside(before)) open(end - 2, end);
  });

  // Whether code or a formula is open there, where two brackets are a table of numbers.
  function isInside(before) {
    const line = before.slice(before.lastIndexOf("\n") + 1);
    const fences = before.match(/^ {0,3}(?:```|~~~)/gm)?.length ?? 0;
    const displays = before.split("$$").length - 1;
    const odd = (mark) => (line.split(mark).length - 1) % 2 === 1;
    return fences % 2 === 1 || displays % 2 === 1 || odd("`") || odd("$");
  }

  const button = document.createElement("button");
  button.type = "button";
  button.className = "admin-plain";
  button.textContent = "Question";
  button.title = "Link to a question ([[)";
  button.setAttribute("aria-label", "Link to a question");
  button.tabIndex = -1;
  button.addEventListener("click", () => open(answer.selectionStart, answer.selectionEnd));
  if (bar) bar.append(button);
}
