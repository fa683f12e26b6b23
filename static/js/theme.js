// Blocks the first paint for a moment, so that a visitor's own choice of light or dark never flashes.
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is forbidden: the system's choice stands.
}
