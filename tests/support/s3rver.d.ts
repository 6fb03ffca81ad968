declare module '@20minutes/s3rver' {
  import type { AddressInfo } from 'node:net';

  type Handler = (context: RequestContext, next: () => Promise<void>) => Promise<void>;

  interface StoredContent {
    readonly size: number;
    readonly range?: object;
    content: import('node:stream').Readable | null;
  }

  /** Of Koa. */
  interface RequestContext {
    readonly method: string;
    readonly path: string;
    readonly query: Readonly<Record<string, string | undefined>>;
    status: number;
  }

  export default class S3rver {
    constructor(options: {
      readonly address: string;
      readonly port: number;
      readonly directory: string;
      readonly silent: boolean;
    });
    readonly middleware: Handler[];
    readonly store: {
      putBucket(bucket: string): Promise<unknown>;
      putContent(path: string, content: import('node:stream').Readable): Promise<unknown>;
      getObject(
        bucket: string,
        key: string,
        options: { start?: number; end?: number },
      ): Promise<StoredContent | null>;
    };
    readonly httpServer: import('node:http').Server;
    run(): Promise<AddressInfo>;
    close(): Promise<void>;
  }
}
