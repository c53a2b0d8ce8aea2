import { Injectable } from '@nestjs/common';
import { HeaderAPIKeyStrategy } from 'passport-headerapikey';
import { ApiKeyService } from './api-key.service.js';
import { type Rights } from './caller.js';
import { type Credential } from './credential.js';

/**
 * Passport's API key strategy in the plainest form that esmond's contract allows. It only verifies, without Passport's
 * middleware: `pickCredential` reads the several forms of a credential first, since the strategy knows one header with
 * one prefix in one case.
 */
@Injectable()
export class ApiKeyStrategy {
  private readonly strategy: HeaderAPIKeyStrategy;

  constructor(private readonly keys: ApiKeyService) {
    this.strategy = new HeaderAPIKeyStrategy({ header: 'x-api-key', prefix: '' }, false, (key, done) => {
      keys.verify(key).then(
        (rights) => {
          done(null, rights ?? undefined);
        },
        (error: unknown) => {
          done(error as Error);
        },
      );
    });
  }

  /** The rights of the credential's key, where it was verified in the last two seconds: saves almost all runs. */
  recall({ key, username }: Credential): Rights | undefined {
    const rights = this.keys.recall(key);
    return rights && isOf(rights, username) ? rights : undefined;
  }

  /** The rights of the credential's key, or `undefined` where it is not valid. */
  verify(credential: Credential): Promise<Rights | undefined> {
    return new Promise((resolve, reject) => {
      // Passport's protocol: each run is an object that inherits the strategy and gets these callbacks.
      const run = Object.assign(Object.create(this.strategy) as HeaderAPIKeyStrategy, {
        success: (rights: Rights) => {
          resolve(isOf(rights, credential.username) ? rights : undefined);
        },
        fail: () => {
          resolve(undefined);
        },
        error: reject,
      });
      run.authenticate({ headers: { 'x-api-key': credential.key } });
    });
  }
}

/** Whether rights are those of a user, where the credential names one. */
function isOf(rights: Rights, username: string | undefined): boolean {
  return username === undefined || username === rights.username;
}
