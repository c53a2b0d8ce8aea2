import { type CanActivate, type ExecutionContext } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { Invalid } from '../common/errors.js';
import { queryOf } from './request.js';

/**
 * Refuses query parameters beside these and `format`: another one was meant to say what to delete, and to ignore it would
 * delete more. Throws `Invalid`.
 */
export function onlyParameters(allowed: readonly string[] = []): CanActivate {
  return {
    canActivate(context: ExecutionContext): true {
      for (const name of Object.keys(queryOf(context.switchToHttp().getRequest<FastifyRequest>())))
        if (name !== 'format' && !allowed.includes(name))
          throw new Invalid(
            `${name}: a deletion here takes ${allowed.join(', ') || 'no parameters'}; nothing was deleted`,
          );
      return true;
    },
  };
}
