export { createUpstream, type Upstream } from './create-upstream';
export { loadSamplePlatform, type LoadResult } from './load-sample-platform';
export { readPlatformContent, type PlatformContent } from './platform-content';
