import { ApiProperty } from '@nestjs/swagger';
import { shape, WireShape } from '../common/api-docs.js';

/** An event of a sensor's temperature. */
@WireShape('SensorEvent', "An event of a sensor's temperature.")
export class SensorEventObject {
  @ApiProperty({ type: 'number', nullable: true, description: 'That of the point that opened it.', example: 99 })
  temperature: number | null;

  @ApiProperty({ type: 'string', format: 'date-time', description: 'Its time.', example: '2026-01-05T10:00:03Z' })
  at: string;

  @ApiProperty({ type: 'string', example: 'TEMPERATURE_EXCEEDED' })
  type: string;
}

/** The events of a sensor's temperature. */
@WireShape('SensorEvents', "The events of a sensor's temperature, oldest first.")
export class SensorEventsObject {
  @ApiProperty({ type: 'string', description: 'The id of the sensor.', example: 's1' })
  sensorUuid: string;

  @ApiProperty({ type: 'array', items: shape('SensorEvent') })
  events: readonly SensorEventObject[];
}
