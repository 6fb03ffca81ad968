/** How errors that the engine repeats by itself end their sentence for the owner. */
const promise = /It is (tried|fetched) again[^.]*\./;

/** An error's sentence for the owner once nobody repeats the work any more. */
export function finalMessage(publicMessage: string): string {
  return publicMessage.replace(promise, 'Try again later.');
}
