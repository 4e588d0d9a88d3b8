import usersPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/usermanagement_pb.js';
import { hashPassword, verifyPassword } from '../security/passwords.js';
import { type Principal } from '../log/principal.js';
import { type User, type Users } from '../security/users.js';
import { type GrpcCall } from './call.js';
import { type GrpcService, serverStreaming, unary } from './dispatcher.js';
import { accessDenied, handlerFailed } from './errors.js';
import { frameMessage } from '../storage/wire-format.js';
import { GrpcError, StatusCode } from './status.js';

const {
  ChangePasswordReq,
  ChangePasswordResp,
  CreateReq,
  CreateResp,
  DeleteReq,
  DeleteResp,
  DetailsReq,
  DetailsResp,
  DisableReq,
  DisableResp,
  EnableReq,
  EnableResp,
  ResetPasswordReq,
  ResetPasswordResp,
  UpdateReq,
  UpdateResp,
} = usersPb;

/** The Users service. Admins manage users; every user may read them and change the own password. */
export function usersService(users: Users, nowMs: () => number): GrpcService {
  const management = new UserManagement(users, nowMs);
  return {
    name: 'event_store.client.users.Users',
    methods: {
      Create: unary(CreateReq, async (request, call) => {
        await management.create(call.principal, requireOptions(request.getOptions()));
        return new CreateResp();
      }),
      Update: unary(UpdateReq, async (request, call) => {
        const options = requireOptions(request.getOptions());
        await management.update(call.principal, options.getLoginName(), (user) => ({
          ...user,
          fullName: options.getFullName(),
          groups: options.getGroupsList(),
        }));
        return new UpdateResp();
      }),
      Enable: unary(EnableReq, async (request, call) => {
        await management.update(call.principal, requireOptions(request.getOptions()).getLoginName(), (user) => ({
          ...user,
          disabled: false,
        }));
        return new EnableResp();
      }),
      Disable: unary(DisableReq, async (request, call) => {
        await management.update(call.principal, requireOptions(request.getOptions()).getLoginName(), (user) => ({
          ...user,
          disabled: true,
        }));
        return new DisableResp();
      }),
      Delete: unary(DeleteReq, async (request, call) => {
        await management.delete(call.principal, requireOptions(request.getOptions()).getLoginName());
        return new DeleteResp();
      }),
      Details: serverStreaming(DetailsReq, (request, call) => {
        management.details(call, request.getOptions()?.getLoginName() ?? '');
        return Promise.resolve();
      }),
      ChangePassword: unary(ChangePasswordReq, async (request, call) => {
        const options = requireOptions(request.getOptions());
        await management.changePassword(
          call.principal,
          options.getLoginName(),
          options.getCurrentPassword(),
          options.getNewPassword(),
        );
        return new ChangePasswordResp();
      }),
      ResetPassword: unary(ResetPasswordReq, async (request, call) => {
        const options = requireOptions(request.getOptions());
        const password = await hashPassword(options.getNewPassword());
        await management.update(call.principal, options.getLoginName(), (user) => ({ ...user, password }));
        return new ResetPasswordResp();
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

class UserManagement {
  constructor(
    private readonly users: Users,
    private readonly nowMs: () => number,
  ) {}

  /** Idempotent: repeating the create with the same password succeeds without a change. */
  async create(caller: Principal, options: InstanceType<typeof CreateReq.Options>): Promise<void> {
    requireAdmin(caller);
    const loginName = options.getLoginName();
    const existing = this.users.get(loginName);
    if (existing !== undefined) return this.#requireSamePassword(existing, options.getPassword());
    const user: User = {
      loginName,
      fullName: options.getFullName(),
      groups: options.getGroupsList(),
      disabled: false,
      updatedMs: this.nowMs(),
      password: await hashPassword(options.getPassword()),
    };
    const before = await this.users.change(loginName, (stored) => (stored === undefined ? user : undefined));
    if (before !== undefined) await this.#requireSamePassword(before, options.getPassword());
  }

  async update(caller: Principal, loginName: string, change: (user: User) => User): Promise<void> {
    requireAdmin(caller);
    const before = await this.users.change(loginName, (user) =>
      user === undefined ? undefined : { ...change(user), updatedMs: this.nowMs() },
    );
    if (before === undefined) throw notFound(loginName);
  }

  async delete(caller: Principal, loginName: string): Promise<void> {
    requireAdmin(caller);
    const before = await this.users.change(loginName, (user) => (user === undefined ? undefined : 'remove'));
    if (before === undefined) throw notFound(loginName);
  }

  details(call: GrpcCall, loginName: string): void {
    if (call.principal.loginName === undefined) throw accessDenied();
    const found = loginName === '' ? this.users.list() : [this.users.get(loginName)];
    for (const user of found) {
      if (user === undefined) throw notFound(loginName);
      call.write(frameMessage(new DetailsResp().setUserDetails(userDetails(user)).serializeBinary()));
    }
    call.end();
  }

  async changePassword(caller: Principal, loginName: string, current: string, next: string): Promise<void> {
    if (!caller.isAdmin && caller.loginName !== loginName) throw accessDenied();
    const user = this.users.get(loginName);
    if (user === undefined) throw notFound(loginName);
    if (!(await verifyPassword(current, user.password))) throw accessDenied();
    const password = await hashPassword(next);
    // Only if the password was not changed since it was verified.
    await this.users.change(loginName, (stored) =>
      stored?.password.hash === user.password.hash ? { ...stored, password, updatedMs: this.nowMs() } : undefined,
    );
  }

  async #requireSamePassword(user: User, password: string): Promise<void> {
    if (!(await verifyPassword(password, user.password))) throw conflict(user.loginName);
  }
}

function requireAdmin(caller: Principal): void {
  if (!caller.isAdmin) throw accessDenied();
}

function requireOptions<T>(options: T | undefined): T {
  if (options === undefined) throw handlerFailed();
  return options;
}

function userDetails({
  loginName,
  fullName,
  groups,
  disabled,
  updatedMs,
}: User): InstanceType<typeof DetailsResp.UserDetails> {
  const updated = new DetailsResp.UserDetails.DateTime().setTicksSinceEpoch(
    String(BigInt(Math.trunc(updatedMs)) * 10_000n),
  );
  return new DetailsResp.UserDetails()
    .setLoginName(loginName)
    .setFullName(fullName)
    .setGroupsList([...groups])
    .setDisabled(disabled)
    .setLastUpdated(updated);
}
