"use strict";
(() => {
  const form = document.querySelector("form.filter");
  const findings = [...document.querySelectorAll("article.finding[data-verdict]")];
  addEventListener("beforeprint", () => document.querySelectorAll("figure details").forEach((d) => { d.open = true; }));
  if (!form) return;
  const [verdict, analyzer, text] = ["verdict", "analyzer", "text"].map((name) => form.elements.namedItem(name));
  const words = findings.map((f) => f.textContent.toLowerCase());
  const apply = () => {
    const wanted = text.value.toLowerCase().split(/\s+/);
    let shown = 0;
    findings.forEach((f, i) => {
      f.hidden = [
        verdict.value === "" || verdict.value === f.dataset.verdict,
        analyzer.value === "" || analyzer.value === f.dataset.analyzer,
        wanted.every((w) => words[i].includes(w)),
      ].includes(false);
      shown += f.hidden ? 0 : 1;
    });
    form.querySelector("output").textContent = shown === findings.length ? "all " + shown : shown + " of " + findings.length;
  };
  // A link to a finding shows it, whatever the filter says.
  const reveal = () => {
    let id = location.hash.slice(1);
    try { id = decodeURIComponent(id); } catch { return; }
    const target = findings.find((f) => f.id === id);
    if (!target) return;
    if (target.hidden) { form.reset(); apply(); }
    target.scrollIntoView();
  };
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (e) => e.preventDefault());
  addEventListener("hashchange", reveal);
  apply();
  reveal();
})();
