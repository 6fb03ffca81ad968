import { isAppError } from '../errors/app-error.ts';
import { type HostLimits, hostLimits } from '../http/host-limits.ts';
import type { HttpAnswer, HttpClient, RequestTimeouts } from '../http/types.ts';
import { describeUrl } from '../http/url.ts';
import { assertFreeSpace, type ReadFreeBytes } from '../storage/disk-space.ts';
import type { PartialFile } from '../storage/partial-file.ts';
import { assetCutOff, assetPacked, assetTooLarge, toStatusError } from './errors.ts';
import { isOfVersion, readContentRange, readUnsatisfiedRange, type Version, versionOf } from './version.ts';

export interface TransferOptions {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly maxBytes: number;
  readonly http: HttpClient;
  /** Made when it is not there. */
  readonly tmpDir: string;
  readonly signal?: AbortSignal | undefined;
  readonly timeouts?: Partial<RequestTimeouts>;
  /** A fresh address of the same file, for when the present one is refused in the middle of it. Default: the same address again. */
  readonly renewUrl?: (() => Promise<string>) | undefined;
  readonly readFreeBytes?: ReadFreeBytes;
  /** Default: those of the process. */
  readonly limits?: HostLimits;
}

export interface Transferred {
  readonly version: Version;
  /** False when there is more to come: only the part is there. */
  readonly isWhole: boolean;
  /** As the last answer said it. */
  readonly contentType: string | null;
}

/** Times in a row that a transfer may break without getting this much further than ever before. */
const fruitlessTries = 3;
const fruitfulBytes = 256 * 1024;

/** Times that what has come may be thrown away. */
const mostStartsOver = 10;

/** What an address answers whose signature has expired. */
const expiredStatuses: readonly number[] = [401, 403, 404, 410];

/** What a body may be packed with that the HTTP client cannot unpack, though none was asked for. */
const packings = /gzip|deflate|compress|\bbr\b|zstd/i;

/** How much is written between two looks at the disk's free space. */
const checkEveryBytes = 8 * 1024 * 1024;

/**
 * Reads until the part, or else the file, is there, over as many answers as that takes. A transfer that breaks is resumed where
 * it was when the server can do that and says that the file is the same (RFC 9110 §14), else begun over: then `startByte` of
 * the file is 0, and all of it is new.
 *
 * @param known the version that the file's bytes are of; null when it is empty
 * @param partBytes most bytes to ask for; a server that does not send parts sends the whole file
 */
export async function transfer(
  file: PartialFile,
  known: Version | null,
  partBytes: number,
  options: TransferOptions,
): Promise<Transferred> {
  return new Transfer(file, known, partBytes, options).run();
}

class Transfer {
  readonly #file: PartialFile;
  readonly #partBytes: number;
  readonly #options: TransferOptions;
  #url: string;
  #version: Version | null;
  #endByte: number;
  #rangesWork = true;
  #renewed = false;
  #startsOver = 0;

  constructor(file: PartialFile, known: Version | null, partBytes: number, options: TransferOptions) {
    this.#file = file;
    this.#version = known;
    this.#partBytes = partBytes;
    this.#endByte = file.bytes + partBytes;
    this.#options = options;
    this.#url = options.url;
  }

  async run(): Promise<Transferred> {
    let furthestBytes = this.#file.bytes;
    for (let fruitless = 0; ; ) {
      let cut: unknown;
      try {
        const transferred = await this.#ask();
        if (transferred) return transferred;
      } catch (error) {
        // Before the first answer there is nothing to resume, and the caller's own retries wait better than this loop.
        if (this.#version === null || !isAppError(error, 'CONNECTION_FAILED', 'TIMED_OUT')) throw error;
        cut = error;
      }
      const { bytes } = this.#file;
      fruitless = bytes >= furthestBytes + fruitfulBytes ? 0 : fruitless + 1;
      furthestBytes = Math.max(furthestBytes, bytes);
      if (fruitless >= fruitlessTries || this.#startsOver > mostStartsOver)
        throw assetCutOff(this.#options.url, furthestBytes, cut);
    }
  }

  /** One request; null when another has to follow. */
  async #ask(): Promise<Transferred | null> {
    const { http, headers, signal, timeouts, limits = hostLimits } = this.#options;
    const range = this.#wantedRange();
    const onlyIfSame = this.#file.bytes > 0 ? this.#version?.validator : null;
    return limits.run(this.#url, signal, async (slot) => {
      const answer = await http.request(this.#url, {
        headers: {
          ...headers,
          // Compressed bytes have other positions than those that are kept.
          'accept-encoding': 'identity',
          ...(range && { range }),
          ...(range && onlyIfSame && { 'if-range': onlyIfSame }),
        },
        signal,
        ...(timeouts && { timeouts }),
      });
      slot.answered(answer);
      return this.#take(answer, range).finally(() => answer.body.destroy());
    });
  }

  /** Null for the whole file. */
  #wantedRange(): string | null {
    const { bytes } = this.#file;
    if (!this.#rangesWork || (bytes > 0 && !this.#version?.validator)) return null;
    if (this.#endByte !== Number.POSITIVE_INFINITY) return `bytes=${bytes}-${this.#endByte - 1}`;
    return bytes > 0 ? `bytes=${bytes}-` : null;
  }

  async #take(answer: HttpAnswer, range: string | null): Promise<Transferred | null> {
    const { status } = answer;
    const encoding = answer.headers.get('content-encoding');
    if (encoding !== null && packings.test(encoding)) throw assetPacked(answer.url, encoding);
    if (status === 200) return this.#takeWhole(answer);
    if (status === 206 && range !== null) return this.#takePart(answer);
    if (status === 416 && range !== null) return this.#takeEnd(answer);
    if (!expiredStatuses.includes(status) || this.#file.bytes === 0 || this.#renewed)
      throw toStatusError(answer);
    this.#renewed = true;
    this.#url = (await this.#options.renewUrl?.()) ?? this.#url;
    return null;
  }

  async #takeWhole(answer: HttpAnswer): Promise<Transferred | null> {
    const file = this.#file;
    if (file.bytes > 0) this.#startsOver++;
    await file.restart();
    this.#endByte = this.#partBytes;
    this.#version = versionOf(answer);
    await this.#receive(answer, Number.POSITIVE_INFINITY);
    const isWhole = file.bytes >= (this.#version.totalBytes ?? 0);
    return isWhole ? this.#transferred(answer, true) : null;
  }

  async #takePart(answer: HttpAnswer): Promise<Transferred | null> {
    const file = this.#file;
    const part = readContentRange(answer);
    const present = file.bytes === 0 ? versionOf(answer) : this.#version;
    const isUsable =
      part?.startByte === file.bytes &&
      present !== null &&
      (file.bytes === 0
        ? present.validator !== null || part.bytes === part.totalBytes
        : isOfVersion(answer, part, present));
    if (!isUsable) {
      this.#rangesWork = false;
      return null;
    }
    this.#version = {
      validator: present.validator,
      totalBytes: present.totalBytes ?? part.totalBytes,
    };
    if (!(await this.#receive(answer, part.bytes))) {
      this.#rangesWork = false;
      return null;
    }
    const isWhole = file.bytes === this.#version.totalBytes;
    return isWhole || file.bytes >= this.#endByte ? this.#transferred(answer, isWhole) : null;
  }

  /** There are no such bytes: the file ended where we are, which nobody had said so far, or the server is mistaken. */
  #takeEnd(answer: HttpAnswer): Transferred | null {
    const { bytes } = this.#file;
    if (this.#version?.totalBytes === null && bytes > 0 && readUnsatisfiedRange(answer.headers) === bytes) {
      this.#version = { ...this.#version, totalBytes: bytes };
      return this.#transferred(answer, true);
    }
    this.#rangesWork = false;
    return null;
  }

  #transferred({ headers }: HttpAnswer, isWhole: boolean): Transferred {
    if (this.#version === null) throw new Error('A transfer that has ended has a version');
    return { version: this.#version, isWhole, contentType: headers.get('content-type') };
  }

  /** @returns false when more comes than was said; what is too much is dropped */
  async #receive(answer: HttpAnswer, saidBytes: number): Promise<boolean> {
    const { url, maxBytes, tmpDir, readFreeBytes } = this.#options;
    const file = this.#file;
    const totalBytes = this.#version?.totalBytes ?? null;
    const lastByte = file.bytes + saidBytes;
    const assertSpace = () =>
      assertFreeSpace(
        tmpDir,
        (totalBytes ?? file.bytes) - file.bytes,
        `download ${describeUrl(url)}`,
        readFreeBytes,
      );
    if (totalBytes !== null && totalBytes > maxBytes) throw assetTooLarge(url, maxBytes);
    await assertSpace();

    let checkedBytes = file.bytes;
    for await (const chunk of answer.body) {
      if (file.bytes + chunk.length > lastByte) return false;
      if (file.bytes + chunk.length > maxBytes) throw assetTooLarge(url, maxBytes);
      await file.append(chunk);
      if (file.bytes - checkedBytes < checkEveryBytes) continue;
      checkedBytes = file.bytes;
      await assertSpace();
    }
    return true;
  }
}
