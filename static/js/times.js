// A time says on hover in which zone it is shown; the page says that once, and what differs says it itself.

document.addEventListener("pointerover", (event) => {
  const time = event.target.closest?.("time");
  if (time && !time.title) time.title = document.documentElement.dataset.zone;
});
