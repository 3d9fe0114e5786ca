/* A formula wider than its column scrolls in its own box; only then is it a stop for the Tab key. */
const mark = () => document.querySelectorAll(".formula").forEach((box) => {
  if (box.scrollWidth > box.clientWidth) {
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", "Formula, scrolls sideways");
  } else {
    ["tabindex", "role", "aria-label"].forEach((name) => box.removeAttribute(name));
  }
});
mark();
document.fonts.ready.then(mark);
window.addEventListener("resize", mark);

/* Paper is light, whatever the screen is. */
const root = document.documentElement;
let onScreen;
window.addEventListener("beforeprint", () => { onScreen = root.dataset.theme; root.dataset.theme = "light"; });
window.addEventListener("afterprint", () => { root.dataset.theme = onScreen; });
