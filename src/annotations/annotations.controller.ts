import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, UseGuards } from '@nestjs/common';
import { Caller } from '../auth/caller.js';
import { type Query } from '../common/time-range.js';
import { IdempotencyKey, type RequestKey } from '../http/idempotency-key.js';
import { onlyParameters } from '../http/only-parameters.guard.js';
import { Operation } from '../http/operation.js';
import { AllOf, By, FromQuery } from '../http/request.js';
import { Rules } from '../http/route-rules.js';
import { type AnnotationSearch } from '../storage/annotations/annotation.js';
import {
  DELETE_ANNOTATION,
  GET_ANNOTATION,
  LIST_ANNOTATION_TAGS,
  LIST_ANNOTATIONS,
  PATCH_ANNOTATION,
  POST_ANNOTATION,
  PUT_ANNOTATION,
} from './annotation.docs.js';
import {
  type AnnotationAddedObject,
  AnnotationChangesObject,
  type AnnotationMessageObject,
  type AnnotationTagsObject,
  NewAnnotationObject,
} from './annotation.dto.js';
import { AnnotationIdPipe } from './annotation-id.pipe.js';
import { DataBody } from './data-body.js';
import { epochOf, limitOf, parseSearch } from './annotation-query.js';
import { annotationText } from './annotation-view.js';
import { AnnotationsService } from './annotations.service.js';

const tagIn = ({ tag = '' }: Query): string => tag;

/** Annotations, with the paths and in the shapes of Grafana's API. Answers with `data` are JSON texts, as of sessions. */
@Controller('annotations')
export class AnnotationsController {
  constructor(private readonly annotations: AnnotationsService) {}

  @Get()
  @Rules({ access: 'read', tagged: true })
  @Operation(LIST_ANNOTATIONS)
  async list(
    @FromQuery(parseSearch) search: Omit<AnnotationSearch, 'tags'>,
    @AllOf('tags') tags: readonly string[],
    @FromQuery(epochOf) unit: number,
  ): Promise<string> {
    const found = await this.annotations.list({ ...search, tags: tags.filter((tag) => tag !== '') });
    return `[${found.map((annotation) => annotationText(annotation, unit)).join(',')}]`;
  }

  @Get('tags')
  @Rules({ access: 'read', tagged: true })
  @Operation(LIST_ANNOTATION_TAGS)
  async tags(@FromQuery(tagIn) part: string, @FromQuery(limitOf) limit: number): Promise<AnnotationTagsObject> {
    return { result: { tags: await this.annotations.tags(part, limit) } };
  }

  /** Answers 200, as Grafana does. */
  @Post()
  @HttpCode(200)
  @Rules({ access: 'write', contentTypeRefusal: 415 })
  @Operation(POST_ANNOTATION)
  async post(
    @Body(DataBody) body: NewAnnotationObject,
    @FromQuery(epochOf) unit: number,
    @By() caller: Caller,
    @IdempotencyKey() requestKey: RequestKey | undefined,
  ): Promise<AnnotationAddedObject> {
    return { message: 'Annotation added', id: await this.annotations.create(body, unit, caller, requestKey) };
  }

  @Get(':annotation')
  @Rules({ access: 'read', tagged: true })
  @Operation(GET_ANNOTATION)
  async find(@Param('annotation', AnnotationIdPipe) id: number, @FromQuery(epochOf) unit: number): Promise<string> {
    return annotationText(await this.annotations.find(id), unit);
  }

  /** As in Grafana, it differs from PATCH only in that it needs a text. */
  @Put(':annotation')
  @Rules({ access: 'write', contentTypeRefusal: 415 })
  @Operation(PUT_ANNOTATION)
  async put(
    @Param('annotation', AnnotationIdPipe) id: number,
    @Body(DataBody) body: NewAnnotationObject,
    @FromQuery(epochOf) unit: number,
    @By() caller: Caller,
  ): Promise<AnnotationMessageObject> {
    await this.annotations.update(id, body, unit, caller);
    return { message: 'Annotation updated' };
  }

  @Patch(':annotation')
  @Rules({ access: 'write', contentTypeRefusal: 415 })
  @Operation(PATCH_ANNOTATION)
  async patch(
    @Param('annotation', AnnotationIdPipe) id: number,
    @Body(DataBody) body: AnnotationChangesObject,
    @FromQuery(epochOf) unit: number,
    @By() caller: Caller,
  ): Promise<AnnotationMessageObject> {
    await this.annotations.update(id, body, unit, caller);
    return { message: 'Annotation patched' };
  }

  @Delete(':annotation')
  @Rules({ access: 'admin' })
  @Operation(DELETE_ANNOTATION)
  @UseGuards(onlyParameters())
  async remove(
    @Param('annotation', AnnotationIdPipe) id: number,
    @By() caller: Caller,
  ): Promise<AnnotationMessageObject> {
    await this.annotations.remove(id, caller);
    return { message: 'Annotation deleted' };
  }
}
