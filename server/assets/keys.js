// Keys of the console, for those who settle many things: every page works without them.
// j/k: next or previous row's link (on a record: next or previous record); /: search; on a conflict 1-9: that value,
// b: both, e: another value; n: next conflict.
(function () {
  "use strict";
  function typing(el) {
    return el && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName)) && !/^(radio|checkbox)$/.test(el.type);
  }
  function follow(key) {
    var link = document.querySelector("a[data-key=" + key + "]");
    if (link) link.click();
    return !!link;
  }
  function step(by) {
    if (follow(by > 0 ? "following" : "previous")) return;
    var links = Array.prototype.slice.call(document.querySelectorAll("tbody th[scope=row] a, .gallery h2 a"));
    if (!links.length || document.querySelector("nav[aria-label] a[rel]")) return;
    var at = links.indexOf(document.activeElement) + by;
    if (at < 0) at = by < 0 && document.activeElement === document.body ? links.length - 1 : 0;
    links[Math.min(at, links.length - 1)].focus();
  }
  // The conflict that has the focus, else the first.
  function conflict() {
    var el = document.activeElement;
    return (el && el.closest && el.closest(".conflict")) || document.querySelector(".conflict");
  }
  function pick(box, write) {
    if (!box) return false;
    box.checked = true;
    var field = write && box.closest(".sibling").querySelector("textarea, input:not([type=radio]), select");
    (field || box).focus();
    return true;
  }
  document.addEventListener("keydown", function (e) {
    if (e.ctrlKey || e.metaKey || e.altKey || typing(e.target)) return;
    var here = conflict();
    var take = function (value) { return here && here.querySelector("input[name=take]" + value); };
    if (e.key === "j") step(1);
    else if (e.key === "k") step(-1);
    else if (e.key === "/") {
      var search = document.querySelector("input[type=search]");
      if (!search) return;
      search.focus();
    } else if (e.key === "n") {
      if (!follow("next")) return;
    } else if (/^[1-9]$/.test(e.key) && here) {
      var values = here.querySelectorAll("input[name=take]:not([value='-']):not([value='+'])");
      if (!pick(values[e.key - 1], false)) return;
    } else if (e.key === "b") {
      if (!pick(take("[value='+']"), true)) return;
    } else if (e.key === "e") {
      if (!pick(take("[value='-']"), true)) return;
    } else return;
    e.preventDefault();
  });
})();
