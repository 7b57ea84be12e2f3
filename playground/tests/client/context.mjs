// What the parts of the session share.

import assert from "node:assert/strict";

import mattermost from "@mattermost/client";

/** The password of everybody. */
export const PASSWORD = "correct horse";

/** Everything that one part of the session leaves to the next. */
export class Session {
  constructor(url) {
    this.url = url;
  }

  /** A client that is not logged in. */
  client() {
    const client = new mattermost.Client4();
    client.setUrl(this.url);
    client.setIncludeCookies(false);
    return client;
  }

  /** A client that is logged in as somebody. */
  async as(name) {
    const client = this.client();
    await client.login(name, PASSWORD);
    return client;
  }
}

/** What the server says when it refuses. */
export async function refusal(call) {
  try {
    await call;
  } catch (error) {
    return { id: error.server_error_id, status: error.status_code };
  }
  return assert.fail("it was not refused");
}
