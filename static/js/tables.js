// Choosing rows: one box for the page, ranges with Shift, how many are chosen, and the bar of what can be done with them.

for (const all of document.querySelectorAll("[data-check-all]")) {
  const table = all.closest("table");
  const boxes = [...table.querySelectorAll("tbody td.check input")];
  const form = table.closest("form");
  const bar = form?.querySelector("[data-bulk]");
  const count = form?.querySelector("[data-chosen]");
  let last = null;

  const show = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
    if (count) count.textContent = chosen.toLocaleString();
    if (bar) bar.hidden = chosen === 0;
  };

  all.hidden = boxes.length === 0;
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    show();
  });
  for (const box of boxes) {
    box.addEventListener("click", (event) => {
      if (event.shiftKey && last) {
        const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
        for (const between of boxes.slice(from, to + 1)) between.checked = box.checked;
      }
      last = box;
      show();
    });
  }
  // A browser that goes back restores the boxes after this ran.
  addEventListener("pageshow", show);
  show();
}
