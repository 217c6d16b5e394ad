import type { ServiceAnswer } from './ask-service';
import { describeService } from './describe-service';

function answer(
  checks: Record<string, string>,
  readiness: { ready: boolean; reason?: string },
): ServiceAnswer {
  const healthy = Object.values(checks).every((state) => state === 'healthy');
  return {
    heard: true,
    health: { status: healthy ? 'healthy' : 'unhealthy', version: '1.0.0', checks },
    readiness,
  };
}

describe('describeService', () => {
  it('is healthy when every check is well and it can do its work', () => {
    expect(describeService(answer({ database: 'healthy', redis: 'healthy' }, { ready: true }))).toEqual({
      state: 'healthy',
      version: '1.0.0',
      failed_checks: [],
      detail: null,
    });
  });

  it('names the checks that fail', () => {
    const description = describeService(answer({ database: 'healthy', redis: 'unhealthy' }, { ready: true }));
    expect(description).toMatchObject({
      state: 'unhealthy',
      failed_checks: ['redis'],
      detail: 'redis unhealthy',
    });
  });

  it('says why a service cannot do its work, before anything else', () => {
    const description = describeService(
      answer({ database: 'unhealthy' }, { ready: false, reason: 'no key set has been read yet' }),
    );
    expect(description.state).toBe('not ready');
    expect(description.detail).toBe('no key set has been read yet; database unhealthy');
  });

  it('calls a service that cannot be heard down', () => {
    const description = describeService({ heard: false, reason: 'nothing listens at its port' });
    expect(description).toMatchObject({
      state: 'down',
      version: null,
      detail: 'nothing listens at its port',
    });
  });
});
