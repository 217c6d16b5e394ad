export { decimal, flag, integer, json, oneOf, port, secret, secretUrl, text, url } from './fields';
export { keyRing, parseKeyRing, type KeyEncryptionKey, type KeyRing } from './key-ring';
export { isSecret, loadConfig, type Environment } from './load-config';
export { Secret } from './secret';
export { environments, operationsPort, serviceSettings } from './service-settings';
