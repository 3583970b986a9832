// Menus are <details>: here they also close on Escape and on a click elsewhere, and the arrow keys walk through them.

const open = () => document.querySelector("details.menu[open]");
const entries = (menu) => [...menu.querySelectorAll(".menu-panel :is(a, button)")];

document.addEventListener("click", (event) => {
  const menu = open();
  if (menu && !menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  const menu = open();
  if (!menu) return;
  if (event.key === "Escape") {
    menu.open = false;
    menu.querySelector("summary").focus();
    return;
  }
  // A menu that holds fields keeps the arrow keys for them.
  if (menu.classList.contains("more")) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || !menu.contains(event.target)) return;
  event.preventDefault();
  const list = entries(menu);
  const at = list.indexOf(document.activeElement);
  list[(at + step + list.length) % list.length]?.focus();
});
