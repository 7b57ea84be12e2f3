// The list of channels and people at the left.

import { icon } from "./icons.js";
import { element } from "./markdown.js";
import { avatar } from "./post.js";
import { say } from "./strings.js";

/** Shows the channels of a state. `onOpen(channel)`, `onDirect()`. */
export class Sidebar {
  constructor(root, state, { onOpen, onDirect }) {
    this.root = root;
    this.state = state;
    this.callbacks = { onOpen, onDirect };
    this.team = element("h1", { class: "sidebar__team" });
    this.filter = element("input", { type: "search", class: "sidebar__filter", placeholder: say("findChannel"), "aria-label": say("findChannel"), oninput: () => this.show() });
    this.channels = element("ul", { class: "sidebar__list" });
    this.directs = element("ul", { class: "sidebar__list" });
    const add = element("button", { type: "button", class: "icon-button sidebar__add", "aria-label": say("openDirect"), title: say("openDirect"), onclick: onDirect }, icon("plus"));
    root.append(
      element("div", { class: "sidebar__top" }, this.team),
      element("div", { class: "sidebar__search" }, icon("search"), this.filter),
      element("nav", { class: "sidebar__scroll", "aria-label": say("channels") },
        element("h2", { class: "sidebar__heading" }, icon("down"), say("channels")), this.channels,
        element("h2", { class: "sidebar__heading" }, icon("down"), say("directMessages"), add), this.directs));
  }

  /** Channels in the order shown. */
  ordered() {
    const named = [...this.state.channels.values()].map((channel) => ({ channel, name: this.state.nameOf(channel) }));
    named.sort((one, other) => one.name.localeCompare(other.name));
    const isPersonal = ({ channel }) => channel.type === "D" || channel.type === "G";
    return [...named.filter((item) => !isPersonal(item)), ...named.filter(isPersonal)];
  }

  show() {
    const wanted = this.filter.value.trim().toLowerCase();
    const found = this.ordered().filter(({ name }) => name.toLowerCase().includes(wanted));
    const isPersonal = ({ channel }) => channel.type === "D" || channel.type === "G";
    this.team.replaceChildren(this.state.team.display_name);
    const focused = document.activeElement?.dataset?.channel;
    this.channels.replaceChildren(...found.filter((item) => !isPersonal(item)).map((item) => this.row(item)));
    this.directs.replaceChildren(...found.filter(isPersonal).map((item) => this.row(item)));
    if (focused) this.root.querySelector(`[data-channel="${focused}"]`)?.focus();
  }

  row({ channel, name }) {
    const unread = this.state.unread.get(channel.id);
    const isCurrent = channel.id === this.state.current;
    const classes = ["sidebar__item", isCurrent && "sidebar__item--current", unread?.bold && !isCurrent && "sidebar__item--unread"];
    const sign = channel.type === "D"
      ? avatar(this.state.users.get(this.state.otherIn(channel)), "avatar avatar--tiny")
      : icon(channel.type === "O" ? "globe" : channel.type === "G" ? "people" : "lock");
    const badge = unread?.mentions && !isCurrent
      ? element("span", { class: "badge", "aria-label": say("unreadMentions", { count: unread.mentions }) }, String(unread.mentions))
      : null;
    const label = unread?.bold && !isCurrent ? element("span", { class: "visually-hidden" }, `, ${say("unread")}`) : null;
    return element("li", {}, element("button", {
      type: "button", class: classes.filter(Boolean).join(" "), "data-channel": channel.id, "data-name": channel.name,
      "aria-current": isCurrent ? "page" : undefined, onclick: () => this.callbacks.onOpen(channel),
    }, sign, element("span", { class: "sidebar__name" }, name), label, badge));
  }
}
