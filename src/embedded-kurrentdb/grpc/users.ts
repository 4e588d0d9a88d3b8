import pb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/usermanagement_pb.js';
import { type HashQueue } from '../security/hash-queue.js';
import { hashPassword, verifyPassword } from '../security/passwords.js';
import { type Principal } from '../log/principal.js';
import { type User, type Users } from '../security/users.js';
import { type GrpcCall } from './call.js';
import { type GrpcService, serverStreaming, unary } from './dispatcher.js';
import { accessDenied, handlerFailed } from './errors.js';
import { GrpcError, StatusCode } from './status.js';

/** The Users service. Admins manage users; every user may read them and change the own password. */
export function usersService(users: Users, hashes: HashQueue, nowMs: () => number): GrpcService {
  /** Changes or removes an existing user. @throws GrpcError if there is none */
  async function update(caller: Principal, loginName: string, change: (user: User) => User | 'remove'): Promise<void> {
    requireAdmin(caller);
    const before = await users.change(loginName, (user) => {
      const changed = user && change(user);
      return typeof changed === 'object' ? { ...changed, updatedMs: nowMs() } : changed;
    });
    if (before === undefined) throw notFound(loginName);
  }

  return {
    name: 'event_store.client.users.Users',
    methods: {
      Create: unary(pb.CreateReq, async (request, { principal }) => {
        await create(users, hashes, principal, requireOptions(request.getOptions()), nowMs());
        return new pb.CreateResp();
      }),
      Update: unary(pb.UpdateReq, async (request, { principal }) => {
        const options = requireOptions(request.getOptions());
        const changes = { fullName: options.getFullName(), groups: options.getGroupsList() };
        await update(principal, options.getLoginName(), (user) => ({ ...user, ...changes }));
        return new pb.UpdateResp();
      }),
      Enable: unary(pb.EnableReq, async (request, { principal }) => {
        const loginName = requireOptions(request.getOptions()).getLoginName();
        await update(principal, loginName, (user) => ({ ...user, disabled: false }));
        return new pb.EnableResp();
      }),
      Disable: unary(pb.DisableReq, async (request, { principal }) => {
        const loginName = requireOptions(request.getOptions()).getLoginName();
        await update(principal, loginName, (user) => ({ ...user, disabled: true }));
        return new pb.DisableResp();
      }),
      Delete: unary(pb.DeleteReq, async (request, { principal }) => {
        await update(principal, requireOptions(request.getOptions()).getLoginName(), () => 'remove');
        return new pb.DeleteResp();
      }),
      Details: serverStreaming(pb.DetailsReq, (request, call) => {
        sendDetails(users, call, request.getOptions()?.getLoginName() ?? '');
        return Promise.resolve();
      }),
      ChangePassword: unary(pb.ChangePasswordReq, async (request, { principal }) => {
        await changePassword(users, hashes, principal, requireOptions(request.getOptions()), nowMs);
        return new pb.ChangePasswordResp();
      }),
      ResetPassword: unary(pb.ResetPasswordReq, async (request, { principal }) => {
        const options = requireOptions(request.getOptions());
        const password = await hashes.run(() => hashPassword(options.getNewPassword()));
        await update(principal, options.getLoginName(), (user) => ({ ...user, password }));
        return new pb.ResetPasswordResp();
      }),
    },
  };
}

const notFound = (loginName: string): GrpcError =>
  new GrpcError(StatusCode.NOT_FOUND, `User '${loginName}' is not found.`, {
    exception: 'user-not-found',
    'login-name': loginName,
  });

const conflict = (loginName: string): GrpcError =>
  new GrpcError(StatusCode.FAILED_PRECONDITION, 'Conflict.', { exception: 'user-conflict', 'login-name': loginName });

/** Idempotent: repeating the create with the same password succeeds without a change. */
async function create(
  users: Users,
  hashes: HashQueue,
  caller: Principal,
  options: InstanceType<typeof pb.CreateReq.Options>,
  nowMs: number,
): Promise<void> {
  requireAdmin(caller);
  const loginName = options.getLoginName();
  let before = users.get(loginName);
  if (before === undefined) {
    const user: User = {
      loginName,
      fullName: options.getFullName(),
      groups: options.getGroupsList(),
      disabled: false,
      updatedMs: nowMs,
      password: await hashes.run(() => hashPassword(options.getPassword())),
    };
    before = await users.change(loginName, (stored) => (stored === undefined ? user : undefined));
  }
  if (before === undefined) return;
  const { password } = before;
  if (!(await hashes.run(() => verifyPassword(options.getPassword(), password)))) throw conflict(loginName);
}

function sendDetails(users: Users, call: GrpcCall, loginName: string): void {
  if (call.principal.loginName === undefined) throw accessDenied();
  const found = loginName === '' ? users.list() : [users.get(loginName)];
  for (const user of found) {
    if (user === undefined) throw notFound(loginName);
    call.writeMessage(new pb.DetailsResp().setUserDetails(userDetails(user)).serializeBinary());
  }
  call.end();
}

async function changePassword(
  users: Users,
  hashes: HashQueue,
  caller: Principal,
  options: InstanceType<typeof pb.ChangePasswordReq.Options>,
  nowMs: () => number,
): Promise<void> {
  const loginName = options.getLoginName();
  if (!caller.isAdmin && caller.loginName !== loginName) throw accessDenied();
  const user = users.get(loginName);
  if (user === undefined) throw notFound(loginName);
  if (!(await hashes.run(() => verifyPassword(options.getCurrentPassword(), user.password)))) throw accessDenied();
  const password = await hashes.run(() => hashPassword(options.getNewPassword()));
  // Only if the password was not changed since it was verified.
  await users.change(loginName, (stored) =>
    stored?.password.hash === user.password.hash ? { ...stored, password, updatedMs: nowMs() } : undefined,
  );
}

function requireAdmin(caller: Principal): void {
  if (!caller.isAdmin) throw accessDenied();
}

function requireOptions<T>(options: T | undefined): T {
  if (options === undefined) throw handlerFailed();
  return options;
}

function userDetails(user: User): InstanceType<typeof pb.DetailsResp.UserDetails> {
  const updatedTicks = String(BigInt(Math.trunc(user.updatedMs)) * 10_000n);
  return new pb.DetailsResp.UserDetails()
    .setLoginName(user.loginName)
    .setFullName(user.fullName)
    .setGroupsList([...user.groups])
    .setDisabled(user.disabled)
    .setLastUpdated(new pb.DetailsResp.UserDetails.DateTime().setTicksSinceEpoch(updatedTicks));
}
