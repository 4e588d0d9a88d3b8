import { type ArgumentsHost, Catch, type ExceptionFilter, ServiceUnavailableException } from '@nestjs/common';
import { type Response } from 'express';

/** Returns failed checks in the format of Terminus, which monitoring tools parse, not as the API's error body. */
@Catch(ServiceUnavailableException)
export class HealthCheckFilter implements ExceptionFilter<ServiceUnavailableException> {
  catch(failed: ServiceUnavailableException, host: ArgumentsHost): void {
    host.switchToHttp().getResponse<Response>().status(failed.getStatus()).json(failed.getResponse());
  }
}
