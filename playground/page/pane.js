// A column of posts that follows its end, unless the reader is elsewhere.

import { element } from "./markdown.js";
import { collapse, continues, postElement } from "./post.js";
import { day, say } from "./strings.js";

const AT_END_PX = 40;
const NEAR_TOP_PX = 120;

/** Shows posts in a scrolling element and changes only what changed. */
export class PostPane {
  /** `view` as for `postElement`; `onTop()` when the reader comes near the first post. */
  constructor(scroller, state, view, onTop) {
    this.scroller = scroller;
    this.list = scroller.querySelector(".posts");
    this.state = state;
    this.view = view;
    this.shown = new Map();
    this.opened = new Set();
    this.isAtEnd = true;
    this.scroller.addEventListener("scroll", () => {
      const { scrollHeight, scrollTop, clientHeight } = this.scroller;
      this.isAtEnd = scrollHeight - scrollTop - clientHeight < AT_END_PX;
      if (scrollTop < NEAR_TOP_PX) onTop?.();
    }, { passive: true });
    // A picture that arrives late, or a window that shrinks, must not push the end out of sight.
    new ResizeObserver(() => this.follow()).observe(this.list);
    new ResizeObserver(() => this.follow()).observe(this.scroller);
  }

  /** Forgets where the reader was: another channel begins at its end. */
  restart() {
    this.shown.clear();
    this.opened.clear();
    this.list.replaceChildren();
    this.isAtEnd = true;
  }

  show(posts, { newSince = 0, introduction } = {}) {
    const { scrollTop, scrollHeight } = this.scroller;
    const firstBefore = this.first;
    this.first = posts[0]?.id;
    const rows = introduction ? [introduction] : [];
    const kept = new Map();
    let before;
    let isNewMarked = false;
    for (const post of posts) {
      if (!before || day(before.create_at) !== day(post.create_at)) rows.push(separator(day(post.create_at), "separator"));
      if (!isNewMarked && newSince > 0 && post.create_at > newSince && post.user_id !== this.state.me.id) {
        rows.push(separator(say("newMessages"), "separator separator--new"));
        isNewMarked = true;
      }
      const made = this.elementOf(post, continues(post, before));
      kept.set(post.id, made);
      rows.push(made.element);
      before = post;
    }
    this.shown = kept;
    place(this.list, rows);
    for (const made of kept.values()) this.measure(made);
    // Older posts came in above: the reader stays with what they were reading.
    const grewAbove = !this.isAtEnd && firstBefore && this.first !== firstBefore;
    if (grewAbove) this.scroller.scrollTop = scrollTop + this.scroller.scrollHeight - scrollHeight;
    this.follow();
  }

  elementOf(post, isContinued) {
    const known = this.shown.get(post.id);
    if (known && known.post === post && known.isContinued === isContinued) return known;
    const fresh = postElement(this.state, post, { ...this.view, isContinued });
    if (!known) return { post, isContinued, element: fresh, isMeasured: false };
    // The same element gets the new text, so that nothing flickers and the focus stays.
    const focused = known.element.contains(document.activeElement) ? document.activeElement.className : "";
    known.element.className = fresh.className;
    known.element.replaceChildren(...fresh.childNodes);
    if (focused) known.element.querySelector(`.${focused.trim().split(/\s+/).join(".")}`)?.focus();
    return { post, isContinued, element: known.element, isMeasured: false };
  }

  measure(made) {
    if (made.isMeasured) return;
    made.isMeasured = true;
    const { id } = made.post;
    collapse(made.element, this.opened.has(id), () => {
      if (!this.opened.delete(id)) this.opened.add(id);
      made.element.querySelector(".show-more")?.remove();
      made.element.querySelector(".post__text").classList.remove("post__text--collapsed");
      made.isMeasured = false;
      this.measure(made);
      made.element.querySelector(".show-more__button")?.focus();
    });
  }

  follow() {
    if (this.isAtEnd) this.scroller.scrollTop = this.scroller.scrollHeight;
  }
}

function separator(label, className) {
  return element("div", { class: className, role: "separator", "aria-label": label }, element("span", {}, label));
}

// Puts the rows in order and touches none that already stands in its place.
function place(list, rows) {
  const wanted = new Set(rows);
  for (const child of [...list.children]) if (!wanted.has(child)) child.remove();
  rows.forEach((row, index) => {
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
  });
}
