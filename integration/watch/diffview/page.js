"use strict";
(() => {
  const flame = document.querySelector("svg.flame");
  if (!flame) return;
  const frames = [...flame.querySelectorAll("svg.frame")].map((el) => ({
    el, x: Number(el.dataset.x), w: Number(el.dataset.w), row: Number(el.dataset.row),
  }));
  const all = frames[0];
  const button = document.querySelector(".told button");
  const output = document.querySelector(".told output");
  const tell = (f) => { output.textContent = f.el.querySelector("title").textContent; };
  // zoom makes a frame, and so its callers, as wide as the graph.
  const zoom = (to) => {
    const end = to.x + to.w, slack = to.w * 1e-6;
    for (const f of frames) {
      const inside = f.x >= to.x - slack && f.x + f.w <= end + slack;
      const caller = f.row < to.row && f.x <= to.x + slack && f.x + f.w >= end - slack;
      f.el.style.display = inside || caller ? "" : "none";
      if (!inside && !caller) continue;
      const left = caller ? 0 : (f.x - to.x) / to.w, width = caller ? 1 : f.w / to.w;
      f.el.setAttribute("x", 100 * left + "%");
      f.el.setAttribute("width", 100 * width + "%");
    }
    button.hidden = to === all;
    tell(to);
  };
  for (const f of frames) {
    f.el.addEventListener("click", () => zoom(f));
    f.el.addEventListener("mouseenter", () => tell(f));
  }
  button.addEventListener("click", () => zoom(all));
  tell(all);
})();
