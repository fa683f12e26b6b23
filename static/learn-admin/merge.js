// Takes a part of another answer into the one that stays, where the cursor is or at its end; and other fields whole.
const answer = document.querySelector(".admin-merge [name=answer]");

if (answer) {
  let hasCursor = false;
  answer.addEventListener("focus", () => { hasCursor = true; });
  for (const button of document.querySelectorAll("[data-take]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const part = button.parentElement.querySelector("pre").textContent;
      const at = hasCursor ? answer.selectionEnd : answer.value.length;
      const before = answer.value.slice(0, at).replace(/\n+$/, "");
      const after = answer.value.slice(at).replace(/^\n+/, "");
      answer.value = [before, part, after].filter(Boolean).join("\n\n");
      answer.selectionStart = answer.selectionEnd = before.length + 2 + part.length;
      button.disabled = true;
    });
  }
  for (const button of document.querySelectorAll("[data-use]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const field = document.querySelector(`.admin-merge [name=${button.dataset.use}]`);
      const text = button.parentElement.querySelector("pre").textContent;
      const lines = field.value.split("\n").filter(Boolean);
      field.value = button.dataset.use === "related" ? [...new Set([...lines, ...text.split("\n")])].join("\n") : text;
      field.focus();
    });
  }
}
