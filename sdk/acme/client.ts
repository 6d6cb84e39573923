import { type Account, type AccountChange, AccountRequests, type CreateAccountOptions } from "./account";
import { fetchRenewalInfo, type RenewalInfo } from "./ari";
import type { Directory } from "./directory";
import { revokeCertificate, type RevokeOptions } from "./revoke";
import { type AcmeClientOptions, AcmeSession } from "./session";

export type { AcmeClientOptions } from "./session";

/** One account at one ACME server. Orders go through order.ts. Every failure of the server is an `AcmeError`. */
export class AcmeClient {
  /** @internal */
  readonly session: AcmeSession;
  /** @internal */
  readonly account: AccountRequests;
  /**
   * URLs of the orders that this client placed or went on with.
   * @internal
   */
  readonly ordersSeen = new Set<string>();

  constructor(options: AcmeClientOptions) {
    this.session = new AcmeSession(options);
    this.account = new AccountRequests(this.session, options.accountUrl);
  }

  get directoryUrl(): string {
    return this.session.directoryUrl;
  }

  /** How many requests were sent, by kind. */
  get requests(): Readonly<Record<string, number>> {
    return this.session.transport.requests;
  }

  /** Does some work whose waits for the server are shown by its own reporter, although the client is shared. */
  reporting<T>(report: (line: string) => void, work: () => Promise<T>): Promise<T> {
    return this.session.reporting(report, work);
  }

  /** What the server offers, fetched once. */
  directory(): Promise<Directory> {
    return this.session.directory();
  }

  /** Creates the account; if the key has one already, that one is returned as it is. */
  createAccount(options: CreateAccountOptions): Promise<Account> {
    return this.account.create(options);
  }

  /** The account of the key, if there is one. */
  findAccount(): Promise<Account | undefined> {
    return this.account.find();
  }

  /** The account as it is now, also when it was deactivated. */
  readAccount(): Promise<Account> {
    return this.account.read();
  }

  /** Its contacts, and the agreement to the terms of service. */
  changeAccount(change: AccountChange): Promise<Account> {
    return this.account.change(change);
  }

  /** Replaces the account's key; the client goes on with the new one. */
  rolloverKey(newKeyPem: string): Promise<void> {
    return this.account.rollover(newKeyPem);
  }

  /** For good: the account and its key cannot be used again. */
  deactivateAccount(): Promise<void> {
    return this.account.deactivate();
  }

  /** Revokes with the account's key, or with the certificate's own. A certificate that is revoked already stays so. */
  revoke(certificatePem: string, options: RevokeOptions = {}): Promise<void> {
    return revokeCertificate(this.session, this.account, certificatePem, options);
  }

  /** When the CA suggests to renew; undefined if it does not say. */
  renewalInfo(certificatePem: string): Promise<RenewalInfo | undefined> {
    return fetchRenewalInfo(this.session, certificatePem);
  }
}
