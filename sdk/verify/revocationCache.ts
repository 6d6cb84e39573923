/** How long an answer is kept within the process, and how long the failure to get one. */
const keptFor = 60 * 60_000;
const failureKeptFor = 60_000;
const maxBytes = 64 * 1024 * 1024;

interface Entry {
  readonly body: Promise<Buffer>;
  until: number;
  bytes: number;
}

/**
 * The bodies that URLs answered, so that a thousand certificates of one CA fetch its list once. Who asks while it is
 * being fetched waits for that. The oldest go when all together are larger than 64 MiB.
 */
export class RevocationCache {
  private readonly entries = new Map<string, Entry>();
  private bytes = 0;

  get(key: string, fetch: () => Promise<Buffer>): Promise<Buffer> {
    const known = this.entries.get(key);
    if (known !== undefined && known.until > Date.now()) return known.body;
    this.forget(key);
    const entry: Entry = { body: fetch(), until: Infinity, bytes: 0 };
    this.entries.set(key, entry);
    entry.body.then(
      (body) => {
        entry.until = Date.now() + keptFor;
        if (this.entries.get(key) !== entry) return;
        entry.bytes = body.length;
        this.bytes += body.length;
        this.shrink(key);
      },
      () => (entry.until = Date.now() + failureKeptFor),
    );
    return entry.body;
  }

  /** Keeps an answer that turned out to be of no use only as long as a failure. */
  shorten(key: string): void {
    const entry = this.entries.get(key);
    if (entry !== undefined) entry.until = Math.min(entry.until, Date.now() + failureKeptFor);
  }

  private forget(key: string): void {
    this.bytes -= this.entries.get(key)?.bytes ?? 0;
    this.entries.delete(key);
  }

  private shrink(newest: string): void {
    for (const [key, { bytes }] of this.entries) {
      if (this.bytes <= maxBytes) return;
      if (key !== newest && bytes > 0) this.forget(key);
    }
  }
}
