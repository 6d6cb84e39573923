import { type F5Access, type F5Credentials, neededCredentials, secretsIn } from "./access";
import { type IControlAnswer, type IControlRequest, IControlRefusal, sendToBigIp } from "./iControl";
import { type Session, sessionFor } from "./session";

/** A BIG-IP as this run may use it. */
export class BigIp {
  private constructor(
    private readonly access: F5Access,
    private readonly credentials: F5Credentials,
    private readonly session: Session,
    private readonly patient: boolean,
  ) {}

  /** Lends a BIG-IP to some work. Without patience it asks once, and not for long. */
  static async use<Result>(access: F5Access, work: (bigIp: BigIp) => Promise<Result>, patient = true): Promise<Result> {
    const credentials = neededCredentials(access);
    const session = sessionFor(access, credentials);
    session.enter();
    try {
      return await work(new BigIp(access, credentials, session, patient));
    } finally {
      session.leave();
    }
  }

  get name(): string {
    return this.access.address;
  }

  /** An answer below 300; everything else is thrown. A token that has expired is replaced once. */
  async ask(request: IControlRequest): Promise<IControlAnswer> {
    const token = await this.session.token(this.patient);
    try {
      return await this.send(token, request);
    } catch (error) {
      if (!hasStatus(error, 401) || !(await this.session.replace(token))) throw error;
      return this.send(await this.session.token(this.patient), request);
    }
  }

  /** The object at a path; undefined if there is none. */
  async read(doing: string, path: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    try {
      return (await this.ask({ doing, path })).json;
    } catch (error) {
      if (hasStatus(error, 404)) return undefined;
      throw error;
    }
  }

  /** Deletes the object at a path, if there is one. */
  async remove(doing: string, path: string): Promise<void> {
    try {
      await this.ask({ doing, path, method: "DELETE" });
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
    }
  }

  private send(token: string, request: IControlRequest): Promise<IControlAnswer> {
    const secrets = [...secretsIn(this.credentials), token];
    const { access, patient } = this;
    return sendToBigIp({ access, secrets, headers: { "x-f5-auth-token": token }, patient }, request);
  }
}

export function hasStatus(error: unknown, status: number): boolean {
  return error instanceof IControlRefusal && error.status === status;
}

/** The path of an object in the API: `/Common/web` is `~Common~web` there. */
export function objectPath(collection: string, fullPath: string): string {
  return `${collection}/${encodeURIComponent(fullPath.replaceAll("/", "~"))}`;
}
