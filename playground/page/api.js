// The server's REST API, as any client of Mattermost uses it.

const BASE = "/api/v4";
const TOKEN = "token";

/** What the server refused, in its words. */
export class Refused extends Error {
  constructor(status, body) {
    super(body.message || `HTTP ${status}`);
    this.status = status;
    this.id = body.id;
  }
}

/** This tab's session; another tab may be another person. */
export const session = {
  get token() {
    return sessionStorage.getItem(TOKEN);
  },
  forget() {
    sessionStorage.removeItem(TOKEN);
  },
};

async function call(method, path, body) {
  const headers = { "X-Requested-With": "XMLHttpRequest" };
  if (session.token) headers.Authorization = `Bearer ${session.token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(BASE + path, { method, headers, body: body && JSON.stringify(body), credentials: "omit" });
  const text = await response.text();
  let parsed = {};
  try {
    parsed = JSON.parse(text || "{}");
  } catch {
    parsed = { message: text.slice(0, 200) };
  }
  if (!response.ok) throw new Refused(response.status, parsed);
  return { parsed, response };
}

const get = async (path) => (await call("GET", path)).parsed;
const post = async (path, body) => (await call("POST", path, body)).parsed;
const name = encodeURIComponent;

/** Logs in and remembers the session for this tab. */
export async function logIn(username, password) {
  const { parsed, response } = await call("POST", "/users/login", { login_id: username, password });
  sessionStorage.setItem(TOKEN, response.headers.get("Token"));
  return parsed;
}

export const logOut = () => post("/users/logout", {});
export const me = () => get("/users/me");
export const teams = () => get("/users/me/teams");
export const channels = (team) => get(`/users/me/teams/${team}/channels`);
export const channelMembers = (channel) => get(`/channels/${channel}/members?per_page=200`);
export const channel = (id) => get(`/channels/${id}`);
export const usersById = (ids) => post("/users/ids", ids);
export const userByName = (username) => get(`/users/username/${name(username)}`);
export const teamMembers = (team) => get(`/users?in_team=${team}&per_page=200`);
export const openDirect = (mine, other) => post("/channels/direct", [mine, other]);
export const thread = (id) => get(`/posts/${id}/thread`);
export const suggestions = (team, text) => get(`/teams/${team}/commands/autocomplete_suggestions?user_input=${name(text)}`);

/** A page of a channel's posts, newest first; older than `before` where given. */
export const posts = (id, before) => get(`/channels/${id}/posts?per_page=60${before ? `&before=${before}` : ""}`);

export const createPost = (draft) => post("/posts", draft);
export const execute = (command) => post("/commands/execute", command);
export const act = (id, action) => post(`/posts/${id}/actions/${name(action)}`, {});
export const react = (user, id, emoji) => post("/reactions", { user_id: user, post_id: id, emoji_name: emoji });
export const unreact = (user, id, emoji) => call("DELETE", `/users/${user}/posts/${id}/reactions/${name(emoji)}`);

/** The people of a demonstration, with their passwords; none on a server that was started empty. */
export async function people() {
  const response = await fetch("/playground/people.json");
  return response.ok ? response.json() : [];
}
