import { createSilentLogger } from '@swfx/logging';
import { createLifecycle } from './lifecycle';

describe('createLifecycle', () => {
  it('undoes in the reverse order, once, whoever asks and how often', async () => {
    const lifecycle = createLifecycle(createSilentLogger());
    const order: string[] = [];
    lifecycle.onStop('first', () => void order.push('first'));
    lifecycle.onStop('second', async () => void order.push('second'));
    await Promise.all([lifecycle.stop(), lifecycle.stop()]);
    expect(order).toEqual(['second', 'first']);
  });

  it('goes on past a part that fails or never ends', async () => {
    const lifecycle = createLifecycle(createSilentLogger());
    const order: string[] = [];
    lifecycle.onStop('last', () => void order.push('last'));
    lifecycle.onStop('hangs', () => new Promise<void>(() => undefined), 10);
    lifecycle.onStop('fails', () => Promise.reject(new Error('no')));
    await lifecycle.stop();
    expect(order).toEqual(['last']);
  });
});
