import { Injectable, type PipeTransform } from '@nestjs/common';
import { problemOfSensorId } from '../metadata/new-sensor.js';
import { BadMembers } from './refusals.js';

/** The id of a sensor in a path. Throws `BadMembers`. */
@Injectable()
export class SensorIdPipe implements PipeTransform<string, string> {
  transform(id: string): string {
    const problem = problemOfSensorId(id);
    if (problem !== undefined) throw new BadMembers([{ field: 'sensorUuid', message: problem }]);
    return id;
  }
}
