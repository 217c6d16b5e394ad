import { inspect } from 'node:util';

const redacted = '[redacted]';

/** A value that must not be printed: string conversion, JSON, logging and inspection all give `[redacted]`. */
export class Secret {
  #value: string;
  readonly #renewed: () => string | undefined;

  /** `renewed` is asked at each use for the value that takes this one's place; undefined: none does. */
  constructor(value: string, renewed: () => string | undefined = () => undefined) {
    this.#value = value;
    this.#renewed = renewed;
  }

  /** The value itself, for the one call that needs it. Not to be kept where it is to follow its file. */
  reveal(): string {
    return (this.#value = this.#renewed() ?? this.#value);
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [Symbol.toPrimitive](): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}
