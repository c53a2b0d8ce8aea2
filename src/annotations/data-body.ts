import { Injectable } from '@nestjs/common';
import { MetaBody } from '../sessions/meta-body.js';

/** Like `MetaBody`, for bodies whose free-form facts are called `data`. */
@Injectable()
export class DataBody extends MetaBody {
  protected override readonly member = 'data';
}
