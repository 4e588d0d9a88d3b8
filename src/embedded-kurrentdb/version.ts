/** The level of KurrentDB that the server speaks, which it tells its clients: they choose by it what to ask for. */
export const SERVER_VERSION = '26.1.0';
