// Keys of the console, for those who settle many things: every page works without them.
// j/k: next or previous row's link; /: search; on a conflict 1-9: that value, e: another value; n: next conflict.
(function () {
  "use strict";
  function typing(el) {
    return el && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName)) && !/^(radio|checkbox)$/.test(el.type);
  }
  function step(by) {
    var links = Array.prototype.slice.call(document.querySelectorAll("tbody th[scope=row] a"));
    if (!links.length) return;
    var at = links.indexOf(document.activeElement) + by;
    if (at < 0) at = by < 0 && document.activeElement === document.body ? links.length - 1 : 0;
    links[Math.min(at, links.length - 1)].focus();
  }
  document.addEventListener("keydown", function (e) {
    if (e.ctrlKey || e.metaKey || e.altKey || typing(e.target)) return;
    var picks = document.querySelectorAll(".conflict input[type=radio][name=take]");
    if (e.key === "j") step(1);
    else if (e.key === "k") step(-1);
    else if (e.key === "/") {
      var search = document.querySelector("input[type=search]");
      if (!search) return;
      search.focus();
    } else if (e.key === "n") {
      var next = document.querySelector("a[data-key=next]");
      if (!next) return;
      next.click();
    } else if (/^[1-9]$/.test(e.key) && picks[e.key - 1]) {
      picks[e.key - 1].checked = true;
      picks[e.key - 1].focus();
    } else if (e.key === "e" && picks.length && picks[picks.length - 1].value === "-") {
      picks[picks.length - 1].checked = true;
      var box = picks[picks.length - 1].closest(".other").querySelector("textarea, input:not([type=radio]), select");
      if (box) box.focus();
    } else return;
    e.preventDefault();
  });
})();
