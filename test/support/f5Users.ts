import { randomBytes } from "node:crypto";
import { F5Error } from "./f5Configuration";
import type { F5Request } from "./f5Server";

interface Token {
  readonly user: string;
  readonly expires: number;
}

/** Users and what they may do; a guest reads only. */
const users: Readonly<Record<string, { readonly password: string; readonly role: "admin" | "guest" }>> = {
  admin: { password: "an admin's password", role: "admin" },
  guest: { password: "a guest's password", role: "guest" },
};
const tokenLifetime = 1_200_000;
const mostTokens = 100;

/** Authentication by token, and what a role allows. */
export class F5Users {
  readonly tokens = new Map<string, Token>();

  passwordOf(user: string): string {
    return users[user]?.password ?? "";
  }

  logIn({ username, password, loginProviderName }: Readonly<Record<string, unknown>>): unknown {
    const user = typeof username === "string" ? users[username] : undefined;
    if (user === undefined || user.password !== password || loginProviderName !== "tmos")
      throw new F5Error(401, "Authentication failed.", 0);
    const held = [...this.tokens.values()].filter((token) => token.user === username && token.expires > Date.now());
    if (held.length >= mostTokens)
      throw new F5Error(400, `user ${String(username)} has reached maximum active login tokens`, 0);
    const token = randomBytes(13).toString("base64").replace(/\W/g, "").toUpperCase();
    this.tokens.set(token, { user: String(username), expires: Date.now() + tokenLifetime });
    const shown = { token, name: token, userName: username, authProviderName: "tmos", timeout: tokenLifetime / 1000 };
    return { username, loginProviderName, token: { ...shown, kind: "shared:authz:tokens:authtokenitemstate" } };
  }

  /** The user that a request comes from. */
  authenticate({ headers }: F5Request): string {
    const name = headers["x-f5-auth-token"];
    const token = typeof name === "string" ? this.tokens.get(name) : undefined;
    if (token === undefined) throw new F5Error(401, "X-F5-Auth-Token does not exist.", 0);
    if (token.expires <= Date.now()) throw new F5Error(401, "X-F5-Auth-Token has expired.", 0);
    return token.user;
  }

  /** BIG-IP says 401 to users whose role does not suffice, too. */
  authorize(user: string, { method, path }: F5Request): void {
    if (users[user]?.role === "admin" || method === "GET") return;
    const resource = `user=https://localhost/mgmt/shared/authz/users/${user} resource=${path} verb=${method}`;
    throw new F5Error(401, `Authorization failed: ${resource}`, 0);
  }
}
