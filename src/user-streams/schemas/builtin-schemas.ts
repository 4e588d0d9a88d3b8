import { type UserStreamType } from '../../event-store/domain/index.js';

/** A JSON Schema whose root describes an object. */
export type ObjectSchema = Readonly<Record<string, unknown>>;

export const BUILTIN_VERSION = 1;

const string = (description: string, maxLength: number): ObjectSchema => ({ description, type: 'string', maxLength });
const timestamp = (description: string): ObjectSchema => ({
  description: `${description}; ISO 8601 with a time zone`,
  type: 'string',
  format: 'date-time',
  maxLength: 64,
});
const link = (description: string): ObjectSchema => ({ description, type: 'string', format: 'uri', maxLength: 2_048 });
const flag = (description: string): ObjectSchema => ({ description, type: 'boolean' });
const freeForm = (description: string): ObjectSchema => ({ description, type: 'object' });
const arrayOf = (description: string, items: ObjectSchema): ObjectSchema => ({
  description,
  type: 'array',
  maxItems: 1_000,
  items,
});
const object = (description: string, properties: Readonly<Record<string, ObjectSchema>>): ObjectSchema => ({
  description,
  type: 'object',
  properties,
});

const language: ObjectSchema = {
  description: 'Language tag (BCP 47), such as en or pt-BR',
  type: 'string',
  maxLength: 35,
  pattern: '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$',
};
const timezone: ObjectSchema = {
  description: 'Time zone of the IANA database, such as Europe/Zurich',
  type: 'string',
  maxLength: 64,
  pattern: '^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$',
};
const currency: ObjectSchema = {
  description: 'Currency (ISO 4217), such as CHF',
  type: 'string',
  pattern: '^[A-Z]{3}$',
};
const amount = (description: string): ObjectSchema => ({ description, type: 'number', minimum: 0 });

/**
 * Schemas of the five stream types, unless the product provides its own. Listed members must have their type, none is
 * required, and additional members are allowed. Lengths are limited, so that no pattern runs on a long string.
 */
export const BUILTIN_SCHEMAS: Readonly<Record<UserStreamType, ObjectSchema>> = {
  profile: {
    title: 'Profile',
    ...object('Who a user is, as far as the user tells', {
      displayName: string('Name that others see', 200),
      firstName: string('First name', 200),
      lastName: string('Last name', 200),
      email: { description: 'E-mail address', type: 'string', format: 'email', maxLength: 254 },
      phone: string('Phone number', 40),
      avatarUrl: link('Address of a picture'),
      website: link('Address of a page about the user'),
      bio: string('A few words about the user', 5_000),
      birthDate: { description: 'Day of birth, such as 1990-04-25', type: 'string', format: 'date', maxLength: 10 },
      location: string('Where the user lives', 200),
      language,
      timezone,
    }),
  },
  preferences: {
    title: 'Preferences',
    ...object('How a user wants the application to be', {
      theme: { description: 'Colours of the pages', type: 'string', enum: ['light', 'dark', 'system'] },
      language,
      timezone,
      currency,
      notifications: object('Ways on which the user wants to hear of news', {
        email: flag('By e-mail'),
        push: flag('By push message'),
        sms: flag('By text message'),
        inApp: flag('Inside the application'),
      }),
      privacy: object('What others may see', {
        showProfile: flag('The profile'),
        showActivity: flag('The activity'),
      }),
    }),
  },
  activity: {
    title: 'Activity',
    ...object('Something that a user did', {
      action: string('What was done, such as pool.joined', 200),
      kind: string('Kind of action, such as pool', 100),
      at: timestamp('When'),
      target: object('What it was done to', {
        type: string('What it is, such as pool', 100),
        id: string('Which one', 200),
      }),
      summary: string('In words', 1_000),
      details: freeForm('Whatever belongs to it'),
    }),
  },
  loans: {
    title: 'Loan',
    ...object('Something that is lent, or a sum of money', {
      amount: amount('Sum'),
      currency,
      status: {
        description: 'How it stands',
        type: 'string',
        enum: ['requested', 'approved', 'active', 'overdue', 'returned', 'repaid', 'rejected', 'cancelled'],
      },
      lenderId: string('Id of the user who lends', 128),
      borrowerId: string('Id of the user who borrows', 128),
      items: arrayOf(
        'Things that are lent',
        object('A thing', {
          id: string('Which one', 200),
          name: string('What it is', 500),
          quantity: { description: 'How many', type: 'integer', minimum: 0 },
          details: freeForm('Whatever belongs to it'),
        }),
      ),
      interestRate: { description: 'Interest in percent a year', type: 'number', minimum: 0 },
      requestedAt: timestamp('When it was asked for'),
      startsAt: timestamp('From when'),
      dueAt: timestamp('Until when'),
      returnedAt: timestamp('When it was given back'),
      notes: string('Whatever else there is to say', 5_000),
    }),
  },
  offers: {
    title: 'Offer',
    ...object('Something that a user offers', {
      title: string('What it is, in a line', 500),
      description: string('What it is', 10_000),
      price: amount('Price'),
      currency,
      category: string('Where it belongs', 200),
      status: {
        description: 'How it stands',
        type: 'string',
        enum: ['draft', 'active', 'reserved', 'accepted', 'expired', 'withdrawn'],
      },
      quantity: { description: 'How many there are', type: 'integer', minimum: 0 },
      imageUrls: arrayOf('Addresses of pictures', link('Address of a picture')),
      validFrom: timestamp('From when it stands'),
      validUntil: timestamp('Until when it stands'),
      details: freeForm('Whatever belongs to it'),
    }),
  },
};
