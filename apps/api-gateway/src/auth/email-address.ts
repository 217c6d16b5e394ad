/**
 * What an e-mail address of a user may look like: what mail would do with it is not asked, but it can be typed, shown on
 * a terminal and compared. Control and format characters, and halves of characters, can do none of this.
 */
export const emailSyntax = /^[^\s@\p{Cc}\p{Cf}\p{Cs}]{1,64}@[^\s@\p{Cc}\p{Cf}\p{Cs}]{1,189}$/u;

/** In UTF-16 units, as a login counts them too. */
export const emailMaxLength = 254;

/** Whether a user can have that address. */
export function isEmailAddress(text: string): boolean {
  return text.length <= emailMaxLength && emailSyntax.test(text);
}
