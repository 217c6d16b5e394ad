import { parseStoragePlace } from './storage-place';

describe('parseStoragePlace', () => {
  it.each([
    ['/srv/copies', { adapter: 'local', folder: '/srv/copies' }],
    ['file:///srv/two%20words', { adapter: 'local', folder: '/srv/two words' }],
    ['s3://bucket', { adapter: 's3', bucket: 'bucket', prefix: '' }],
    ['s3://bucket/some/where/', { adapter: 's3', bucket: 'bucket', prefix: 'some/where' }],
    // Credentials in a place would be printed with it.
    ['s3://id:key@bucket', undefined],
    ['s3:///prefix', undefined],
    ['https://bucket/prefix', undefined],
  ])('reads %s', (value, place) => {
    expect(parseStoragePlace(value)).toEqual(place);
  });
});
