import { StreamAlreadyExistsError, ValidationError, WrongExpectedRevisionError } from '../../event-store/index.js';
import { failedPrecondition } from './failed-precondition.js';

const AT_FIVE = { 'if-match': '"5"' };
const CREATING = { 'if-none-match': '*' };

describe('a conflict', () => {
  it('is a failed condition if the revision in If-Match is not the current one', () => {
    expect(failedPrecondition(new WrongExpectedRevisionError('s', 5n, 7n), AT_FIVE)).toMatchObject({
      type: 'precondition-failed',
      streamName: 's',
      message: "Stream 's' is at revision 7, not at the expected 5; read it again and retry with its current revision",
      details: { expectedRevision: 5, currentRevision: 7 },
    });
  });

  it('is a failed condition if If-Match or If-None-Match is about the existence of the stream', () => {
    const absent = new WrongExpectedRevisionError('s', 'stream_exists', 'no_stream');
    expect(failedPrecondition(absent, { 'if-match': ' * ' })?.details).toEqual({
      expectedRevision: 'stream_exists',
      currentRevision: 'no_stream',
    });
    expect(failedPrecondition(new StreamAlreadyExistsError('s', { current: 3 }), CREATING)).toMatchObject({
      type: 'precondition-failed',
      message: 'Stream \'s\' exists, at revision 3; send If-Match: "3" to write to it',
      details: { currentRevision: 3 },
    });
  });

  it.each([
    ['without a condition', new WrongExpectedRevisionError('s', 5n, 7n), {}],
    ['without a condition', new StreamAlreadyExistsError('s', { current: 3 }), {}],
    [
      'of races, if the stream exists as If-Match: * requires',
      new WrongExpectedRevisionError('s', 5n, 7n),
      { 'if-match': '*' },
    ],
    ['of a restored stream that is not deleted', new StreamAlreadyExistsError('s', { current: 3 }), AT_FIVE],
    ['of another kind', new ValidationError('m'), { ...AT_FIVE, ...CREATING }],
  ])('%s stays what it is', (_, error, headers) => {
    expect(failedPrecondition(error, headers)).toBeUndefined();
  });
});
