import { type CertificatesError, invalidArgument } from "../errors";
import { recordOf } from "./directory";
import { AcmeError } from "./problem";
import type { CoreResponse, ExternalAccountBinding } from "./protocolCore";
import type { AcmeSession } from "./session";
import { webPage } from "./webPage";

/** An account as the server describes it (RFC 8555, 7.1.2). */
export interface Account {
  readonly url: string;
  readonly status: "valid" | "deactivated" | "revoked";
  /** `mailto:` URLs. Some servers keep them to themselves and return none. */
  readonly contacts: readonly string[];
}

export interface AccountChange {
  /** Addresses, with or without `mailto:`. */
  readonly contacts: readonly string[];
  /** Agrees to the terms of service as they are now (RFC 8555, 7.3.3). There is no way to take that back. */
  readonly termsOfServiceAgreed?: true;
}

export interface CreateAccountOptions {
  /** Addresses, with or without `mailto:`. */
  readonly contacts: readonly string[];
  readonly termsOfServiceAgreed: boolean;
  readonly externalAccountBinding?: ExternalAccountBinding;
}

/** The account of one key. */
export class AccountRequests {
  private known: Promise<string> | undefined;

  constructor(
    private readonly session: AcmeSession,
    url: string | undefined,
  ) {
    if (url !== undefined) this.known = Promise.resolve(url);
  }

  /** The account's URL; asks the server for the account of the key if it is not known yet. */
  url(): Promise<string> {
    this.known ??= this.lookUp().catch((error: unknown) => {
      this.known = undefined;
      throw error;
    });
    return this.known;
  }

  private async lookUp(): Promise<string> {
    const found = await this.find();
    if (found !== undefined) return found.url;
    throw new AcmeError(`The ACME server ${this.session.host} has no account for this key.`, "nextIssuer", {
      hint: "Create the account first, or check that the directory is the one that it was created at.",
    });
  }

  /** Creates the account; if the key has one already, that one is returned as it is. */
  async create(options: CreateAccountOptions): Promise<Account> {
    const { newAccount, meta } = await this.session.directory();
    const { termsOfServiceAgreed, externalAccountBinding: binding } = options;
    const { host } = this.session;
    if (meta.externalAccountRequired === true && binding === undefined) return this.findOr(bindingMissing(host));
    if (!termsOfServiceAgreed && meta.termsOfService !== undefined)
      return this.findOr(agreementMissing(host, meta.termsOfService));
    const payload = { termsOfServiceAgreed, contact: options.contacts.map(contactUrl) };
    const response = await this.session.post("newAccount", newAccount, payload, undefined, {
      what: "to create an account",
      ...(binding && {
        signer: await this.session.coreFor(undefined, binding),
        includeExternalAccountBinding: true,
      }),
    });
    return this.remember(response);
  }

  /** For what is missing to make an account, and is not needed for one that is there. */
  private async findOr(missing: CertificatesError): Promise<Account> {
    const found = await this.find();
    if (found === undefined) throw missing;
    return found;
  }

  /** The account of the key, if there is one (RFC 8555, 7.3.1). */
  async find(): Promise<Account | undefined> {
    const { newAccount } = await this.session.directory();
    const what = "to look up the account";
    try {
      return this.remember(
        await this.session.post("newAccount", newAccount, { onlyReturnExisting: true }, undefined, { what }),
      );
    } catch (error) {
      if (error instanceof AcmeError && error.details.problem?.type === "accountDoesNotExist") return undefined;
      throw error;
    }
  }

  /** The account as it is now, also when it was deactivated. */
  async read(): Promise<Account> {
    const url = await this.url();
    try {
      return accountFrom(await this.session.post("other", url, null, url, { what: "to show the account" }), url);
    } catch (error) {
      const problem = error instanceof AcmeError ? error.details.problem : undefined;
      // A server does not talk to an account that is no longer valid, but says why (RFC 8555, 7.3.6).
      const status =
        problem?.type === "unauthorized" ? /\b(deactivated|revoked)\b/i.exec(problem.detail)?.[1] : undefined;
      if (status === undefined) throw error;
      return { url, status: status.toLowerCase() as Account["status"], contacts: [] };
    }
  }

  change({ contacts, termsOfServiceAgreed }: AccountChange): Promise<Account> {
    const agreed = termsOfServiceAgreed && { termsOfServiceAgreed };
    return this.update({ contact: contacts.map(contactUrl), ...agreed }, "to change the account");
  }

  /** For good: the key can have no other account (RFC 8555, 7.3.6). One that is deactivated already stays so. */
  async deactivate(): Promise<void> {
    try {
      await this.update({ status: "deactivated" }, "to deactivate the account");
    } catch (error) {
      if (!(error instanceof AcmeError) || error.details.problem?.type !== "unauthorized") throw error;
      if ((await this.read()).status === "valid") throw error;
    }
  }

  /** Replaces the account's key (RFC 8555, 7.3.5). */
  async rollover(newKeyPem: string): Promise<void> {
    const { keyChange } = await this.session.directory();
    if (keyChange === undefined)
      throw new AcmeError(`The ACME server ${this.session.host} does not replace account keys.`, "fatal");
    const account = await this.url();
    const [old, next] = [await this.session.coreFor(), await this.session.coreFor(newKeyPem)];
    const inner = next.http.createSignedBody(keyChange, { account, oldKey: old.http.getJwk() });
    await this.session.post("other", keyChange, inner, account, {
      what: "to replace the account's key",
      // A change whose answer was lost has been made if the new key has the account.
      recover: () => this.ifKeyHas(newKeyPem, account),
    });
    this.session.useKey(newKeyPem);
  }

  private async ifKeyHas(keyPem: string, account: string): Promise<CoreResponse | undefined> {
    const { newAccount } = await this.session.directory();
    try {
      const signer = await this.session.coreFor(keyPem);
      const what = "to look up the account of the new key";
      const response = await this.session.post("newAccount", newAccount, { onlyReturnExisting: true }, undefined, {
        what,
        signer,
      });
      return response.headers.location === account ? response : undefined;
    } catch (error) {
      if (error instanceof AcmeError && error.details.problem?.type === "accountDoesNotExist") return undefined;
      throw error;
    }
  }

  private async update(change: object, what: string): Promise<Account> {
    const url = await this.url();
    return accountFrom(await this.session.post("other", url, change, url, { what }), url);
  }

  private remember(response: CoreResponse): Account {
    const url = response.headers.location;
    if (url === undefined)
      throw new AcmeError(`The ACME server ${this.session.host} did not say where the account is.`, "nextIssuer", {
        isIssuersFault: true,
      });
    this.known = Promise.resolve(url);
    return accountFrom(response, url);
  }
}

function bindingMissing(host: string): CertificatesError {
  return invalidArgument(
    "externalAccountBinding",
    `is required by ${host}.`,
    "Set it to the key identifier and HMAC key that the CA gives out.",
  );
}

/** A server that names its terms of service makes no account without agreement to them (RFC 8555, 7.3). */
function agreementMissing(host: string, terms: string): CertificatesError {
  return invalidArgument(
    "termsOfServiceAgreed",
    `is false, and ${host} makes no account without agreement to ${webPage(terms) ?? "its terms of service"}.`,
    "Read them; if you agree, leave termsOfServiceAgreed out.",
  );
}

function accountFrom(response: CoreResponse, url: string): Account {
  const { status, contact } = recordOf(response.data);
  return {
    url,
    status: status === "deactivated" || status === "revoked" ? status : "valid",
    contacts: Array.isArray(contact) ? contact.map(String) : [],
  };
}

function contactUrl(contact: string): string {
  return /^[a-z][a-z0-9+.-]*:/i.test(contact) ? contact : `mailto:${contact}`;
}
