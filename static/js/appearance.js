// The button that changes between light and dark. Choosing what the system has anyway forgets the choice.
const root = document.documentElement;
const button = document.querySelector(".appearance");
const dark = matchMedia("(prefers-color-scheme: dark)");
const bars = [...document.querySelectorAll("meta[name=theme-color]")];
const colours = bars.map((bar) => bar.content);

const ofSystem = () => (dark.matches ? "dark" : "light");
const current = () => root.dataset.theme ?? ofSystem();

function show() {
  button.setAttribute("aria-pressed", String(current() === "dark"));
  bars.forEach((bar, index) => {
    const chosen = { light: colours[0], dark: colours[1] }[root.dataset.theme];
    bar.content = chosen ?? colours[index];
  });
}

function choose(theme) {
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  else delete root.dataset.theme;
  show();
}

function remember(theme) {
  try {
    if (theme) localStorage.setItem("theme", theme);
    else localStorage.removeItem("theme");
  } catch {
    // Storage is forbidden: the choice holds for this page.
  }
}

button.addEventListener("click", () => {
  const next = current() === "dark" ? "light" : "dark";
  const choice = next === ofSystem() ? null : next;
  choose(choice);
  remember(choice);
});
dark.addEventListener("change", show);
addEventListener("storage", (event) => event.key === "theme" && choose(event.newValue));
show();
button.hidden = false;
