import { CertificatesError } from "../../errors";
import { type F5Access, type F5Credentials, accessKey, secretsIn } from "./access";
import { sendToBigIp } from "./iControl";

/** The steps of a deployment follow each other at once: they share a token, which is deleted when none came for this. */
const idle = 1_000;

/** Where requests get their token from: BIG-IP keeps no more than a hundred for a user, each for 20 minutes. */
export class Session {
  private made: Promise<string> | undefined;
  private users = 0;
  private ending: NodeJS.Timeout | undefined;

  constructor(
    private readonly access: F5Access,
    private readonly credentials: F5Credentials,
  ) {}

  enter(): void {
    clearTimeout(this.ending);
    this.users += 1;
  }

  leave(): void {
    this.users -= 1;
    if (this.users > 0 || this.made === undefined) return;
    this.ending = setTimeout(() => void this.end(), idle);
    this.ending.unref();
  }

  /** Does not wait for that. */
  async endNow(): Promise<void> {
    clearTimeout(this.ending);
    await this.end();
  }

  /** The token for a request; the first one that asks logs in. */
  token(patient: boolean): Promise<string> {
    if ("token" in this.credentials) return Promise.resolve(this.credentials.token);
    if (this.made !== undefined) return this.made;
    const made = this.logIn(this.credentials, patient);
    this.made = made;
    // Whoever asked hears of it; the next one tries anew.
    made.catch(() => {
      if (this.made === made) this.made = undefined;
    });
    return made;
  }

  /** Whether another token may help after this one was refused; one that the program gave cannot be replaced. */
  async replace(refused: string): Promise<boolean> {
    if ("token" in this.credentials) return false;
    const { made } = this;
    if (made !== undefined && (await made) === refused && this.made === made) this.made = undefined;
    return true;
  }

  private async logIn(
    { user, password, loginProvider }: Exclude<F5Credentials, { readonly token: string }>,
    patient: boolean,
  ): Promise<string> {
    const body = { username: user, password, loginProviderName: loginProvider };
    const { json } = await sendToBigIp(
      { access: this.access, secrets: [password], headers: {}, patient },
      { doing: `log ${user} in`, path: "/mgmt/shared/authn/login", body, repeatable: true },
    );
    const { token } = json as { token?: { token?: unknown } };
    if (typeof token?.token === "string") return token.token;
    throw new CertificatesError("DeploymentFailed", `${this.access.address} let ${user} in without a token.`);
  }

  /** A token that is not deleted, because the BIG-IP or this process is gone, ends by itself. */
  private async end(): Promise<void> {
    const { made } = this;
    this.made = undefined;
    if (made === undefined || "token" in this.credentials) return;
    try {
      const token = await made;
      const secrets = [...secretsIn(this.credentials), token];
      await sendToBigIp(
        { access: this.access, secrets, headers: { "x-f5-auth-token": token }, patient: false },
        { doing: "end the session", path: `/mgmt/shared/authz/tokens/${token}`, method: "DELETE" },
      );
    } catch (error) {
      if (!CertificatesError.is(error)) throw error;
    }
  }
}

const sessions = new Map<string, Session>();

/** The one session of this process for this way of access. */
export function sessionFor(access: F5Access, credentials: F5Credentials): Session {
  const key = accessKey(access, credentials);
  let session = sessions.get(key);
  if (session === undefined) {
    session = new Session(access, credentials);
    sessions.set(key, session);
  }
  return session;
}

/** Ends all sessions, where nothing more is to come. */
export async function endSessions(): Promise<void> {
  await Promise.all([...sessions.values()].map((session) => session.endNow()));
}
