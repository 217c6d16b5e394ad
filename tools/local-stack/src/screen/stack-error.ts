/** Something that a person has to hear in one sentence: `message` is that sentence, `detail` what may follow it. */
export class StackError extends Error {
  readonly detail?: string;

  constructor(sentence: string, options: { detail?: string; cause?: unknown } = {}) {
    super(sentence, { cause: options.cause });
    this.name = 'StackError';
    this.detail = options.detail;
  }
}
