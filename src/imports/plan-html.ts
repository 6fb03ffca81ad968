import { prepareHtml } from '../content/prepare.ts';
import type { PreparedHtml } from '../content/types.ts';
import { isAppError } from '../errors/app-error.ts';
import type { AssetCollector } from './found-assets.ts';
import type { Issue } from './ledger.ts';

/** Finds our file's id by an asset's source id. */
export type FileIdOf = (assetSourceId: string) => string;

/** Cleaned HTML whose files are collected; rendering waits for their ids. */
export interface PlannedHtml {
  readonly prepared: PreparedHtml;
  /** The resolver that `prepared`'s renderers take. */
  resolver(fileIdOf: FileIdOf): (assetUrl: string) => string | null;
  readonly issues: readonly Issue[];
}

/** Where a text stands, for its issues, and what its relative addresses start from. */
export interface HtmlPlace extends Pick<Issue, 'itemKind' | 'sourceId'> {
  /** How sentences call the text. */
  readonly name: string;
  /** Null while the school's address is not known. */
  readonly baseUrl: string | null;
}

/** Cleans an author's HTML and collects the files in it. */
export function planHtml(
  html: string,
  assets: AssetCollector,
  { name, baseUrl, ...about }: HtmlPlace,
): PlannedHtml {
  const prepared = prepareHtml(html, { baseUrl });
  const issues: Issue[] = [];
  const sourceIds = new Map<string, string>();
  for (const { url, kind, fileName } of prepared.assets) {
    try {
      const request = { url, kind, fileName, extension: null, video: null };
      sourceIds.set(url, assets.add(request, { isNamed: false }));
    } catch (error) {
      if (!isAppError(error)) throw error;
      issues.push({
        severity: 'warning',
        code: error.code,
        message: `A file inside of ${name} has an address that does not work. It is left out.`,
        detail: error.message,
        ...about,
      });
    }
  }
  if (prepared.removed.length > 0) {
    issues.push({
      severity: 'warning',
      code: 'HTML_REMOVED',
      message: `Parts of ${name} that could do harm, such as scripts, were removed.`,
      detail: prepared.removed.join(', '),
      ...about,
    });
  }
  return {
    prepared,
    resolver: (fileIdOf) => (url) => {
      const sourceId = sourceIds.get(url);
      return sourceId === undefined ? null : fileIdOf(sourceId);
    },
    issues,
  };
}
