// Who are you?

import * as api from "./api.js";
import { icon } from "./icons.js";
import { element } from "./markdown.js";
import { avatar } from "./post.js";
import { say } from "./strings.js";

/** Shows the ways in; calls `onDone()` once there is a session. */
export async function showLogin(root, onDone) {
  const error = element("p", { class: "login__error", role: "alert" });
  const enter = async (username, password) => {
    error.textContent = "";
    try {
      await api.logIn(username, password);
      onDone();
    } catch (refused) {
      error.textContent = refused.message || say("failed");
    }
  };
  const people = await api.people().catch(() => []);
  const username = element("input", { class: "login__field", name: "username", autocomplete: "username", required: true, autocapitalize: "none" });
  const password = element("input", { class: "login__field", name: "password", type: "password", autocomplete: "current-password", required: true });
  const form = element("form", {
    class: "login__form",
    onsubmit: (event) => { event.preventDefault(); enter(username.value.trim(), password.value); },
  },
  element("label", {}, say("username"), username), element("label", {}, say("password"), password),
  element("button", { type: "submit", class: "primary" }, say("logIn")));
  const card = element("section", { class: "login__card" }, element("span", { class: "login__logo" }, icon("spark")),
    element("h1", {}, say("logInTitle")), element("p", { class: "login__about" }, say("logInAbout")));
  if (people.length > 0) {
    card.append(element("h2", {}, say("logInAs")), element("div", { class: "login__people" }, ...people.map((person) => element("button", {
      type: "button", class: "login__person", "data-person": person.username, onclick: () => enter(person.username, person.password),
    }, avatar(person, "avatar avatar--large"), person.username))));
    card.append(element("details", { class: "login__other" }, element("summary", {}, say("logInOther")), form));
  } else {
    card.append(form);
  }
  card.append(error);
  root.replaceChildren(element("main", { class: "login" }, card));
  (card.querySelector(".login__person") ?? username).focus();
}
