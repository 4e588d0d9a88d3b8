import { sleep } from '../../../test/support/eventually.js';
import { ANONYMOUS, ConnectionError } from '../../event-store/domain/index.js';
import { type CheckedCaller } from '../../identity/index.js';
import { PeerCredentials } from './peer-credentials.js';

const VALID: CheckedCaller = { caller: ANONYMOUS };

describe('the credentials of a client of the live feed', () => {
  let checked: () => CheckedCaller | Promise<CheckedCaller>;
  let onChange: () => void;
  let closed: (readonly [code: number | undefined, reason: unknown])[];
  let sent: string[];
  let credentials: PeerCredentials;

  beforeEach(() => {
    checked = () => VALID;
    onChange = () => undefined;
    closed = [];
    sent = [];
    credentials = new PeerCredentials(
      { close: (code, reason) => closed.push([code, reason]) },
      {
        current: () => checked(),
        listen: (listener) => {
          onChange = listener;
          return () => (onChange = () => undefined);
        },
      },
      { error: () => undefined },
    );
  });
  const send = (message: string): void => credentials.ifValid(() => sent.push(message));

  it('let messages pass at once while they are valid', () => {
    send('a');
    expect({ sent, closed }).toEqual({ sent: ['a'], closed: [] });
  });

  it.each([
    ['credentials-revoked', 'the credentials are not valid any more'],
    ['credentials-expired', 'the credentials have expired'],
  ] as const)('send nothing and close the connection: %s', (end, reason) => {
    checked = () => ({ end });
    send('a');
    expect({ sent, closed }).toEqual({ sent: [], closed: [[1_008, reason]] });
  });

  it('close the connection when they change, without a message, until the connection is closed', () => {
    checked = () => ({ end: 'credentials-revoked' });
    onChange();
    expect(closed).toHaveLength(1);
    credentials.stop();
    onChange();
    expect(closed).toHaveLength(1);
  });

  it('keep the order of messages while tokens are verified again, and send none after the end', async () => {
    checked = async () => sleep(20).then(() => VALID);
    send('a');
    checked = () => VALID;
    send('b');
    await sleep(50);
    send('c');
    checked = async () => Promise.resolve({ end: 'credentials-revoked' });
    send('d');
    await sleep(10);
    expect({ sent, closed: closed.map(([code]) => code) }).toEqual({ sent: ['a', 'b', 'c'], closed: [1_008] });
  });

  it('close the connection with 1013 while they cannot be verified', async () => {
    checked = () => {
      throw new ConnectionError('away');
    };
    send('a');
    checked = async () => Promise.reject(new ConnectionError('away'));
    send('b');
    await sleep(10);
    expect({ sent, codes: closed.map(([code]) => code) }).toEqual({ sent: [], codes: [1_013, 1_013] });
  });
});
