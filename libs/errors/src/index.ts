export { AppError, errorMessage, type AppErrorOptions } from './app-error';
export { errorCatalogue, type ErrorCode, type ErrorEntry, type ErrorKind } from './catalogue';
export { problemFrom, statusOf, type Problem } from './problem';
