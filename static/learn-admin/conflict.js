// Two people changed one article: puts one or the other text, or both together, into the form at a click.
for (const choices of document.querySelectorAll("[data-choices]")) {
  const field = document.getElementById(`id_${choices.dataset.choices}`);
  const texts = choices.parentElement;
  if (!field) continue;
  choices.hidden = false;
  for (const button of choices.querySelectorAll("[data-use]")) {
    button.addEventListener("click", () => {
      const value = texts.querySelector(`[data-text="${button.dataset.use}"]`).textContent;
      if (field.type === "checkbox") field.checked = value === "on";
      else field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new Event("learn:set"));
      field.focus();
    });
  }
}
