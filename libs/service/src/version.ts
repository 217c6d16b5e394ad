/** The version that every service of this repository reports: the root package's, which a check compares. */
export const serviceVersion = '1.0.0';
