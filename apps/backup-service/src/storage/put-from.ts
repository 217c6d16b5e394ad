/**
 * Stores what a source gives, and keeps the two apart when something breaks: what the source threw is thrown as it is,
 * since no storage is to blame for it; anything else `explain` throws as what it means to the storage.
 */
export async function putFrom(
  source: AsyncIterable<Buffer>,
  store: (content: AsyncIterable<Buffer>) => Promise<void>,
  explain: (error: unknown) => never,
): Promise<void> {
  let broken: { error: unknown } | undefined;
  async function* watched(): AsyncGenerator<Buffer, void, void> {
    try {
      yield* source;
    } catch (error) {
      broken = { error };
      throw error;
    }
  }
  try {
    await store(watched());
  } catch (error) {
    if (broken) throw broken.error;
    explain(error);
  }
}
