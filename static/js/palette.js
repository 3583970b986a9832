// Ctrl or ⌘ with K opens the page of finding over any other; the arrows go through what it found, Enter goes there.

const link = document.querySelector("[data-palette]");
let dialog, input, found, asked = 0;

const build = () => {
  dialog = document.createElement("dialog");
  dialog.className = "palette";
  dialog.setAttribute("aria-label", link.dataset.palette);
  input = document.createElement("input");
  Object.assign(input, { type: "search", className: "input", name: "q", placeholder: link.dataset.placeholder, autocomplete: "off" });
  input.setAttribute("aria-label", link.dataset.placeholder);
  found = document.createElement("div");
  found.setAttribute("aria-live", "polite");
  dialog.append(input, found);
  document.body.append(dialog);
  input.addEventListener("input", look);
  dialog.addEventListener("keydown", walk);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
};

const look = async () => {
  const turn = ++asked;
  const answer = await fetch(`/find?q=${encodeURIComponent(input.value.trim())}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("found");
  // What was typed meanwhile has its own answer; a lost session shows the page of signing in.
  if (turn !== asked) return;
  if (page) found.replaceChildren(document.adoptNode(page));
  else location.assign(link.href);
};

const walk = (event) => {
  const links = [...found.querySelectorAll("a")];
  const at = links.indexOf(document.activeElement);
  if (event.key === "ArrowDown") links[at + 1]?.focus();
  else if (event.key === "ArrowUp") (links[at - 1] ?? input).focus();
  else if (event.key === "Enter" && document.activeElement === input) links[0]?.click();
  else return;
  event.preventDefault();
};

const open = () => {
  if (!dialog) build();
  if (dialog.open) return dialog.close();
  input.value = "";
  dialog.showModal();
  look();
};

if (link) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    document.getElementById("menu")?.hidePopover?.();
    open();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    event.preventDefault();
    open();
  });
}
