// Runs in the head, before the first paint: the kept theme does not flash, and style sheets know that script runs.
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");
  try {
    // A signed-in person's theme is the account's; the browser keeps it for the pages before signing in.
    if (root.dataset.accountTheme) localStorage.setItem("theme", root.dataset.accountTheme);
    const kept = localStorage.getItem("theme");
    if (kept === "light" || kept === "dark") root.dataset.theme = kept;
  } catch {
    // Storage is forbidden here: the theme is the account's, or the system's.
  }
})();
