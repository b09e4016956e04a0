"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const bar = $("bar"), found = $("found"), nothing = $("nothing"), theme = $("theme"), root = document.documentElement;
  const fields = ["q", "topic", "kind", "source"].map($).filter(Boolean);
  // One form of each letter: İ, I and ı are i, ə is e, and what stands over or under a letter is taken off.
  const fold = (text) => text.replace(/[İIı]/g, "i").replace(/[əƏәӘ]/g, "e").normalize("NFKD").replace(/\p{M}+/gu, "").toLowerCase().replace(/ё/g, "е");
  const entries = [...document.querySelectorAll(".entry")].map((node) => ({
    node, text: fold(node.textContent), group: node.dataset.group,
    topics: node.dataset.topics.split(" "), sources: node.dataset.sources.split("\n"),
  }));
  const promises = [...document.querySelectorAll(".promise")];
  const days = [...document.querySelectorAll(".day")];
  const value = (name) => ($(name) ? $(name).value : "");

  function show() {
    const words = fold(value("q")).split(/\s+/).filter(Boolean);
    const topic = value("topic"), kind = value("kind"), source = value("source");
    let count = 0;
    for (const one of entries) {
      const fits = (!topic || one.topics.includes(topic)) && (!kind || one.group === kind) &&
        (!source || one.sources.includes(source)) && words.every((word) => one.text.includes(word));
      one.node.hidden = !fits;
      count += fits;
    }
    for (const one of promises) one.hidden = Boolean(topic) && !one.dataset.topics.split(" ").includes(topic);
    for (const day of days) day.hidden = !day.querySelector(".entry:not([hidden])");
    const asked = words.length || topic || kind || source;
    nothing.hidden = count > 0 || !entries.length;
    found.textContent = asked ? `${count} of ${entries.length} changes` : "All changes";
    paint(words);
  }

  // The hits are painted over the page, not written into it.
  function paint(words) {
    if (!window.CSS || !CSS.highlights) return;
    CSS.highlights.delete("found");
    const longest = words.filter((word) => word.length > 1);
    if (!longest.length) return;
    const ranges = [];
    for (const one of entries) {
      if (one.node.hidden || ranges.length > 500) continue;
      const walker = document.createTreeWalker(one.node, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const node = walker.currentNode, text = fold(node.data);
        if (text.length !== node.data.length) continue;
        for (const word of longest) {
          for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
            const range = new Range();
            range.setStart(node, at);
            range.setEnd(node, at + word.length);
            ranges.push(range);
          }
        }
      }
    }
    if (ranges.length) CSS.highlights.set("found", new Highlight(...ranges));
  }

  // What is chosen stands in the address, so that a filtered page can be handed on.
  function remember() {
    const chosen = new URLSearchParams();
    for (const field of fields) if (field.value) chosen.set(field.id, field.value);
    const hash = chosen.toString();
    try { history.replaceState(null, "", hash ? `#?${hash}` : location.pathname + location.search); } catch { /* a page in a frame may not */ }
  }
  function recall() {
    if (!location.hash.startsWith("#?")) return;
    const chosen = new URLSearchParams(location.hash.slice(2));
    for (const field of fields) field.value = chosen.get(field.id) || "";
  }
  function changed() { show(); remember(); }

  function dark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }
  function name() { theme.textContent = dark() ? "Light" : "Dark"; }

  function open() {
    const target = location.hash.startsWith("#e-") && $(decodeURIComponent(location.hash.slice(1)));
    if (target) target.open = true;
  }

  bar.hidden = false;
  bar.addEventListener("submit", (event) => event.preventDefault());
  for (const field of fields) field.addEventListener("input", changed);
  $("reset").addEventListener("click", () => {
    for (const field of fields) field.value = "";
    changed();
    $("q").focus();
  });
  theme.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; name(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", name);
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); $("q").focus(); }
    if (event.key === "Escape" && event.target === $("q") && $("q").value) { $("q").value = ""; changed(); }
  });
  addEventListener("hashchange", () => { recall(); show(); open(); });
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => { for (const one of opened) one.open = false; });
  name(); recall(); show(); open();
})();
