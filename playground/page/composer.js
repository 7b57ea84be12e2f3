// Where a person writes.

import { icon } from "./icons.js";
import { element } from "./markdown.js";
import { say } from "./strings.js";

const TYPING_EVERY_MS = 4_000;
const MARKS = [
  ["bold", "**", "**"], ["italic", "*", "*"], ["strike", "~~", "~~"], ["heading", "### ", "", true], null,
  ["link", "[", "](url)"], ["code", "`", "`"], ["quote", "> ", "", true], ["bullets", "- ", "", true], ["numbers", "1. ", "", true],
];

/** A text field with its buttons. Enter sends, Shift+Enter makes a new line. */
export class Composer {
  /** `send(text)` returns a promise; what it rejects with is shown in red. `suggest(text)` promises commands. */
  constructor({ send, typing, suggest }) {
    this.callbacks = { send, typing, suggest };
    this.isSending = false;
    this.typedAt = 0;
    this.field = element("textarea", { class: "composer__field", rows: "1", oninput: () => this.typed(), onkeydown: (event) => this.pressed(event) });
    this.button = element("button", { type: "submit", class: "composer__send", "aria-label": say("send"), title: say("send"), disabled: true }, icon("send"));
    this.error = element("p", { class: "composer__error", role: "alert" });
    this.typists = element("p", { class: "composer__typing", "aria-live": "polite" });
    this.menu = element("ul", { class: "composer__menu", role: "listbox", hidden: true });
    const tools = element("div", { class: "composer__tools", role: "toolbar", "aria-label": say("formatting") }, ...MARKS.map((mark) => this.tool(mark)));
    this.element = element("form", { class: "composer", onsubmit: (event) => this.submit(event) },
      this.menu,
      element("div", { class: "composer__box" }, this.field, element("div", { class: "composer__bar" }, tools, this.button)),
      element("div", { class: "composer__lines" }, this.error, this.typists));
  }

  tool(mark) {
    if (!mark) return element("span", { class: "composer__gap", "aria-hidden": "true" });
    const [name, before, after, isLine] = mark;
    return element("button", {
      type: "button", class: `icon-button composer__tool composer__tool--${name}`, "aria-label": say(name), title: say(name), onclick: () => this.wrap(before, after, isLine),
    }, icon(name));
  }

  wrap(before, after, isLine) {
    const { value, selectionStart: start, selectionEnd: end } = this.field;
    const from = isLine ? value.lastIndexOf("\n", start - 1) + 1 : start;
    this.field.setRangeText(before + value.slice(from, end) + after, from, end, "end");
    const caret = end + before.length;
    if (!isLine) this.field.setSelectionRange(start + before.length, caret);
    this.field.focus();
    this.typed();
  }

  label(text) {
    this.field.placeholder = text;
    this.field.setAttribute("aria-label", text);
  }

  /** Another place, another text. */
  reset(text = "") {
    this.field.value = text;
    this.error.textContent = "";
    this.hideMenu();
    this.resize();
  }

  typed() {
    this.error.textContent = "";
    this.resize();
    this.offer();
    const now = Date.now();
    if (this.field.value && now - this.typedAt > TYPING_EVERY_MS) {
      this.typedAt = now;
      this.callbacks.typing();
    }
  }

  resize() {
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, innerHeight * 0.4)}px`;
    this.button.disabled = this.field.value.trim() === "";
  }

  pressed(event) {
    // While a Korean syllable is being composed, Enter ends the syllable and not the message.
    if (event.isComposing || event.keyCode === 229) return;
    if (!this.menu.hidden && this.chosen(event)) return;
    if (event.key !== "Enter" || event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.element.requestSubmit();
  }

  // As in the real client a command shows no sign that it waits, and what is typed meanwhile goes with it.
  async submit(event) {
    event.preventDefault();
    const text = this.field.value;
    if (this.isSending || text.trim() === "") return;
    this.isSending = true;
    this.hideMenu();
    this.error.textContent = "";
    const isCommand = text.startsWith("/");
    if (!isCommand) this.reset();
    try {
      await this.callbacks.send(text);
      if (isCommand) this.reset();
    } catch (error) {
      if (!isCommand) this.reset(text);
      this.error.textContent = error.message || say("failed");
    } finally {
      this.isSending = false;
      this.typedAt = 0;
    }
  }

  showTyping(names) {
    const text = names.length > 0 ? say("typing", { names: names.join(", ") }) : "";
    if (this.typists.textContent !== text) this.typists.textContent = text;
  }

  async offer() {
    const text = this.field.value;
    if (!/^\/\S*$/.test(text)) return this.hideMenu();
    const found = await this.callbacks.suggest(text).catch(() => []);
    // A reply about an earlier text may come after the one about this.
    if (this.field.value !== text) return undefined;
    if (found.length === 0) return this.hideMenu();
    this.menu.replaceChildren(...found.slice(0, 8).map((command, index) => element("li", {
      class: "composer__option", role: "option", "aria-selected": String(index === 0), "data-text": `/${command.Complete.replace(/^\//, "")} `,
      onmousedown: (event) => { event.preventDefault(); this.take(event.currentTarget); },
    }, element("strong", {}, `/${command.Suggestion.replace(/^\//, "")} `), command.Hint ?? "", element("small", {}, command.Description ?? ""))));
    this.menu.hidden = false;
    return undefined;
  }

  chosen(event) {
    const options = [...this.menu.children];
    const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "Escape") this.hideMenu();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const next = (at + (event.key === "ArrowDown" ? 1 : options.length - 1)) % options.length;
      options.forEach((option, index) => option.setAttribute("aria-selected", String(index === next)));
    } else if (event.key === "Tab" || (event.key === "Enter" && options[at]?.dataset.text.trim() !== this.field.value)) this.take(options[at]);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  take(option) {
    this.field.value = option.dataset.text;
    this.hideMenu();
    this.resize();
    this.field.focus();
  }

  hideMenu() {
    this.menu.hidden = true;
  }
}
