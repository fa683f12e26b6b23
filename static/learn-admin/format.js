// Buttons above the answer for the marks that are hardest to remember. They type as the editor would: one undo takes
// a mark away again.
const answer = document.getElementById("id_answer");

const lines = (text, change) => text.split("\n").map(change).join("\n");

// Name, sign, key with Ctrl, and what is typed for the selected text: before it, in its place (selected again), after
// it. `block`: the mark belongs to whole lines.
const MARKS = [
  { name: "Bold", sign: "B", key: "b", make: (text) => ["**", text || "bold", "**"] },
  { name: "Italic", sign: "I", key: "i", make: (text) => ["*", text || "italic", "*"] },
  { name: "Link", sign: "Link", key: "k", make: (text) => [`[${text || "text"}](`, "https://", ")"] },
  { name: "Heading", sign: "Heading", block: true, make: (text) => ["### ", text || "Heading", ""] },
  { name: "List", sign: "List", block: true, make: (text) => ["", lines(text || "first\nsecond", (line) => `- ${line}`), ""] },
  { name: "Numbered list", sign: "Numbered list", block: true, make: (text) => ["", lines(text || "first\nsecond", (line, index) => `${index + 1}. ${line}`), ""] },
  { name: "Code", sign: "Code", make: (text) => (text.includes("\n") ? ["```\n", text, "\n```"] : ["`", text || "code", "`"]) },
  { name: "Formula", sign: "Formula", make: (text) => (text.includes("\n") ? ["$$\n", text, "\n$$"] : ["$", text || "x^2", "$"]) },
  { name: "Table", sign: "Table", block: true, make: (text) => [`${text}${text ? "\n\n" : ""}`, "| Name | Value |\n|------|-------|\n| one  | 1     |", ""] },
];

if (answer && !answer.readOnly) {
  const bar = document.createElement("div");
  bar.className = "admin-marks";
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", "Marks for the answer");
  bar.setAttribute("aria-controls", answer.id);

  function type({ make, block }) {
    const { value } = answer;
    let { selectionStart: start, selectionEnd: end } = answer;
    if (block) {
      start = value.lastIndexOf("\n", start - 1) + 1;
      const next = value.indexOf("\n", end);
      end = next < 0 ? value.length : next;
    }
    const [before, inside, after] = make(value.slice(start, end));
    const made = before + inside + after;
    answer.focus();
    answer.setSelectionRange(start, end);
    // Deprecated, but the only way that keeps the browser's undo.
    if (!document.execCommand("insertText", false, made)) {
      answer.setRangeText(made, start, end, "end");
      answer.dispatchEvent(new Event("input", { bubbles: true }));
    }
    answer.setSelectionRange(start + before.length, start + before.length + inside.length);
  }

  for (const mark of MARKS) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "admin-plain";
    button.textContent = mark.sign;
    if (mark.sign !== mark.name) button.setAttribute("aria-label", mark.name);
    if (mark.key) button.title = `${mark.name} (Ctrl+${mark.key.toUpperCase()})`;
    button.tabIndex = bar.children.length ? -1 : 0; // one stop for Tab, arrows inside
    button.addEventListener("click", () => type(mark));
    bar.append(button);
  }
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const buttons = [...bar.children];
    const next = buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length];
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
  });
  answer.addEventListener("keydown", (event) => {
    const mark = MARKS.find(({ key }) => key === event.key.toLowerCase());
    if (mark && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
      event.preventDefault();
      type(mark);
    }
  });
  answer.before(bar);
}
