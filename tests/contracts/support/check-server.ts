/** Before all tests against a server elsewhere: whether it is there, and in the mode that the keys say. */
export default async function checkServer(): Promise<void> {
  const { ENGINE_URL, ENGINE_SIGNING_KEY } = process.env;
  if (!ENGINE_URL) return;

  let kind: string | null;
  try {
    kind = (await fetch(ENGINE_URL)).headers.get('x-inngest-server-kind');
  } catch (cause) {
    throw new Error(`Cannot test the server at ${ENGINE_URL}: it does not answer`, { cause });
  }
  if (kind === 'dev' && ENGINE_SIGNING_KEY)
    throw new Error(
      `Cannot test the server at ${ENGINE_URL}: it is in dev mode, leave out ENGINE_SIGNING_KEY`,
    );
  if (kind === 'cloud' && !ENGINE_SIGNING_KEY)
    throw new Error(
      `Cannot test the server at ${ENGINE_URL}: it signs, set ENGINE_SIGNING_KEY and ENGINE_EVENT_KEY`,
    );
}
